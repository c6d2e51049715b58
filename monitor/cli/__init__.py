"""The command line: one command, one service call; heavy imports happen inside the command."""
