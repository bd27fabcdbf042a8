"""Problems on a line: functions of one variable, by formula, from a file, or of many tones."""
