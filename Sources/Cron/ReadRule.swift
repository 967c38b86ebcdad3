extension Rule {
    /// Reads an expression. Spaces and tabs separate its fields; letters may be upper or lower case.
    static func read(_ text: String) throws(CronError) -> (rule: Rule, lints: [CronLint]) {
        let letters = Letter.all(of: text)
        let fields = try split(letters, length: text.count)
        var readings: [FieldReading] = []
        var lints: [CronLint] = []
        for (field, letters) in zip(CronField.allCases, fields) {
            var reader = FieldReader(field)
            try reader.read(letters)
            readings.append(reader.reading)
            lints += reader.lints
        }
        if fields.count > 7, let offset = fields[7].first?.offset {
            lints.append(CronLint(column: offset + 1, message: "what follows the year is ignored; leave it out"))
        }
        let rule = Rule(
            seconds: readings[0].numbers, minutes: readings[1].numbers, hours: readings[2].numbers,
            days: try days(readings[3], readings[5], at: fields[5].first?.offset ?? 0), months: readings[4].numbers,
            years: readings.count > 6 ? readings[6].years : .all)
        if rule.next(from: 0) == nil {
            lints.append(
                CronLint(column: (letters.first { !$0.isBlank }?.offset ?? 0) + 1, message: "this is never due"))
        }
        return (rule, lints)
    }

    /// The fields, at least six.
    private static func split(_ letters: [Letter], length: Int) throws(CronError) -> [ArraySlice<Letter>] {
        let fields = letters.split(whereSeparator: \.isBlank).map { field in
            let begin = field.firstIndex { !$0.isTrimmed } ?? field.endIndex
            let end = (field.lastIndex { !$0.isTrimmed } ?? field.startIndex - 1) + 1
            return field[begin..<max(begin, end)]
        }
        guard fields.count >= 6 else {
            let plenty = fields.count == 5 ? " (five fields are Unix cron: put seconds first)" : ""
            throw CronError(
                field: nil, offset: length,
                message: "\(fields.count) fields of 6 or 7\(plenty); allowed: seconds minutes hours day-of-month month "
                    + "day-of-week [year]")
        }
        return fields
    }

    private static func days(_ ofMonth: FieldReading, _ ofWeek: FieldReading, at offset: Int) throws(CronError)
        -> DayRule
    {
        guard ofMonth.isUnspecified != ofWeek.isUnspecified else {
            let both = ofWeek.isUnspecified ? "are both “?”" : "both name days"
            throw CronError(
                field: .dayOfWeek, offset: offset,
                message: "day-of-month and day-of-week \(both); allowed: “?” in exactly one of the two")
        }
        return ofWeek.isUnspecified ? days(ofMonth) : weekdays(ofWeek)
    }

    private static func days(_ reading: FieldReading) -> DayRule {
        switch (reading.beforeLast, reading.isWorkday) {
        case (let before?, true): .lastWorkday(before: before)
        case (let before?, false): .last(before: before)
        case (nil, true): .nearestWorkday(reading.numbers.first)
        case (nil, false): .ofMonth(reading.numbers)
        }
    }

    private static func weekdays(_ reading: FieldReading) -> DayRule {
        let first = reading.numbers.isEmpty ? reading.beyond ?? 0 : reading.numbers.first
        if reading.isLastWeekday { return .lastWeekday(first) }
        return reading.nth.map { .nth($0, weekday: first) } ?? .ofWeek(reading.numbers)
    }
}
