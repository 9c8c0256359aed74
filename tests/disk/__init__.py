"""Full and read-only disks, torn copies, backups under load and interrupted migrations."""
