"""What a pipeline runs on: durable steps, components, clock, machine, and the budgets of time and memory."""
