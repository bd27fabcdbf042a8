"""What else may be asked of a study: against another method, under other choices, over targets, over trials."""
