"""Newton methods: products with the Hessian."""
