"""What must be true of every organization's rows, whatever went wrong before."""
