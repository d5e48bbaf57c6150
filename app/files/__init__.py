"""Files: what is attached, imported or exported, kept in the database with everything else."""
