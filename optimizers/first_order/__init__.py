"""First-order methods: gradients, with momentum or a scale for each parameter."""
