"""What one built obolus consists of, as found out from the build."""
