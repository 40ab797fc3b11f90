"""How results are shown to people: tables, pictures, and pages that need nothing else."""
