"""Floor 5, the lab: which technique works, and how sure are we?"""
