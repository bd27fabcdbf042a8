"""The Atlas: which training algorithms learn low frequencies first? Its tables, its page, and a place for one's own."""
