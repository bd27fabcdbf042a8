"""Networks: functions of inputs with their parameters in one flat vector."""
