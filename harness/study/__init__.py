"""Many runs: what is compared, how it is executed and stored, what it will take, and how settings are tuned."""
