"""AWS Step Functions: state machines, and executions by moto's interpreter with the rights of the machine's role."""
