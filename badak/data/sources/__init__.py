"""Where data comes from: one file for each origin; `catalogue` lists them."""
