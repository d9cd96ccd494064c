"""AWS, one service a module: clients, and errors in Fairlead's words."""
