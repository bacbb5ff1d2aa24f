"""What may still change from one release to the next; import its modules by name."""
