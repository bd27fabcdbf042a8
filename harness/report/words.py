"""What each verdict means, in a sentence for a reader who has never seen one."""

VERDICTS = {
    "low-first": "Low frequencies were learned before high ones, beyond what chance over the runs would give.",
    "high-first": "High frequencies were learned before low ones, beyond what chance over the runs would give.",
    "mixed": "Some neighbouring frequencies were learned low first and others high first, each beyond chance.",
    "no order": "Shown, not merely unproven: concordance and spread lie within the margins of no order.",
    "undecided": "Neither an order nor its absence is shown. More runs may decide.",
    "too few hits": "In fewer than half of the runs, or fewer than five, at least one frequency of a pair was learned "
    "while they were watched.",
    "one frequency": "An order needs two frequencies, and one alone is watched.",
    "too few runs": "Below five runs no test that takes the run as its unit can say anything.",
    "no curve": "No run was measured.",
}
