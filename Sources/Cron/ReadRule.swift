extension Rule {
    /// Reads an expression. Its fields are separated by any white space; letters count in either case.
    init(reading text: String) throws(CronError) {
        let characters = text.map { $0.isASCII ? Character($0.uppercased()) : $0 }
        let fields = try Self.split(characters)
        func reader(_ position: Int) -> FieldReader {
            FieldReader(field: CronField.allCases[position], of: characters, in: fields[position])
        }
        func numbers(_ position: Int) throws(CronError) -> [Int] {
            var reader = reader(position)
            return try reader.numbers()
        }
        seconds = Numbers(try numbers(0))
        minutes = Numbers(try numbers(1))
        hours = Numbers(try numbers(2))
        var monthDays = reader(3)
        let ofMonth = try monthDays.daysOfMonth()
        months = Numbers(try numbers(4))
        var weekdays = reader(5)
        let ofWeek = try weekdays.daysOfWeek()
        days = try Self.dayRule(ofMonth, ofWeek, at: fields[5].lowerBound)
        years = Years(fields.count == 7 ? try numbers(6) : Array(CivilDate.years))
    }

    /// Where the six or seven fields stand.
    private static func split(_ characters: [Character]) throws(CronError) -> [Range<Int>] {
        var fields: [Range<Int>] = []
        var index = 0
        while let start = characters[index...].firstIndex(where: { !$0.isWhitespace }) {
            index = characters[start...].firstIndex(where: \.isWhitespace) ?? characters.count
            fields.append(start..<index)
        }
        let order = "seconds minutes hours day-of-month month day-of-week [year]"
        if fields.count < 6 {
            let plenty = fields.count == 5 ? " (five fields are Unix cron: put seconds first)" : ""
            throw CronError(
                field: nil, offset: characters.count,
                message: "\(fields.count) fields of 6 or 7\(plenty); allowed: \(order)")
        }
        if fields.count > 7 {
            throw CronError(
                field: nil, offset: fields[7].lowerBound, message: "\(fields.count) fields of 6 or 7; allowed: \(order)"
            )
        }
        return fields
    }

    private static func dayRule(_ ofMonth: MonthDays?, _ ofWeek: DayRule?, at offset: Int) throws(CronError) -> DayRule
    {
        switch (ofMonth, ofWeek) {
        case (let days?, nil): .ofMonth(days)
        case (nil, let rule?): rule
        case (nil, nil):
            throw CronError(
                field: .dayOfWeek, offset: offset,
                message: "day-of-month and day-of-week are both “?”; allowed: “?” in exactly one of the two")
        case (_?, _?):
            throw CronError(
                field: .dayOfWeek, offset: offset,
                message: "day-of-month and day-of-week both name days; allowed: “?” in exactly one of the two")
        }
    }
}
