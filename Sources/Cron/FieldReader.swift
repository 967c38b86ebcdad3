/// Reads one field of an expression, whose characters are already in upper case.
struct FieldReader {
    let field: CronField
    /// The whole expression; `index` and `end` count in it.
    private let characters: [Character]
    private let start: Int
    private let end: Int
    private var index: Int

    init(field: CronField, of characters: [Character], in range: Range<Int>) {
        self.field = field
        self.characters = characters
        start = range.lowerBound
        end = range.upperBound
        index = range.lowerBound
    }

    /// A field of nothing but values, ranges and steps.
    mutating func numbers() throws(CronError) -> [Int] {
        var numbers: [Int] = []
        try eachTerm { reader throws(CronError) in numbers += try reader.plainTerm() }
        return numbers
    }

    /// The day-of-month field; nil for `?`.
    mutating func daysOfMonth() throws(CronError) -> MonthDays? {
        if try isUnspecified() { return nil }
        var days = MonthDays()
        try eachTerm { reader throws(CronError) in try reader.monthTerm(into: &days) }
        return days
    }

    /// The day-of-week field; nil for `?`.
    mutating func daysOfWeek() throws(CronError) -> DayRule? {
        if try isUnspecified() { return nil }
        if end - start == 1, take("L") { return .ofWeek([7]) }
        var days: [Int] = []
        var counted: DayRule?
        try eachTerm { reader throws(CronError) in
            if let rule = try reader.countedWeekday() { counted = rule } else { days += try reader.plainTerm() }
        }
        return counted ?? .ofWeek(Numbers(days))
    }

    // MARK: Terms

    private mutating func eachTerm(
        _ read: (inout FieldReader) throws(CronError) -> Void
    ) throws(CronError) {
        repeat {
            if index == end || peek == "," { throw fault("a value is missing in the list") }
            try read(&self)
            if let peek, peek != "," { throw fault("unexpected “\(peek)”") }
        } while take(",")
    }

    /// `*`, `*/n`, `/n`, `a`, `a/n`, `a-b` or `a-b/n`.
    private mutating func plainTerm() throws(CronError) -> [Int] {
        let begin = index
        if take("*") || peek == "/" {
            return Array(stride(from: field.range.lowerBound, through: field.range.upperBound, by: try step() ?? 1))
        }
        let low = try value()
        let high = take("-") ? try value() : nil
        let named = characters[begin..<index].contains(where: \.isLetter)
        if named, peek == "/" {
            throw fault("a step cannot follow a name (Quartz would ignore it); write numbers instead of names")
        }
        let step = try step()
        switch (high, step) {
        case (nil, nil): return [low]
        case (nil, let step?): return Array(stride(from: low, through: field.range.upperBound, by: step))
        case (let high?, let step): return try span(low, high, by: step ?? 1, at: begin)
        }
    }

    /// The numbers of a range, which may wrap past the field's highest value, except in years.
    private func span(_ low: Int, _ high: Int, by step: Int, at begin: Int) throws(CronError) -> [Int] {
        guard high < low else { return Array(stride(from: low, through: high, by: step)) }
        guard field != .year else { throw fault("a range of years cannot end before it begins", at: begin) }
        let range = field.range
        return stride(from: low, through: high + range.count, by: step).map {
            ($0 - range.lowerBound) % range.count + range.lowerBound
        }
    }

    /// `L`, `L-n`, `LW`, `L-nW`, `nW`, or a plain term.
    private mutating func monthTerm(into days: inout MonthDays) throws(CronError) {
        if take("L") {
            let before = take("-") ? try number(in: 0...30, as: "days before the last") : 0
            if take("W") { days.nearestBeforeLast.insert(before) } else { days.beforeLast.insert(before) }
            return
        }
        let begin = index
        if peek?.isNumber == true {
            let day = try value()
            if take("W") {
                days.nearest.insert(day)
                return
            }
        }
        index = begin
        for day in try plainTerm() { days.days.insert(day) }
    }

    /// `6L` or `6#3`, which must be the whole field; nil, with nothing read, for any other term.
    private mutating func countedWeekday() throws(CronError) -> DayRule? {
        let begin = index
        guard let peek, peek != "*", peek != "/", peek != "L" else {
            if peek == "L" { throw fault("a bare “L” (Saturday) cannot be combined with other days") }
            return nil
        }
        let weekday = try value()
        let rule: DayRule
        if take("L") {
            rule = .last(weekday: weekday)
        } else if take("#") {
            rule = .nth(try number(in: 1...5, as: "which one of the month, after “#”,"), weekday: weekday)
        } else {
            index = begin
            return nil
        }
        if begin > start || self.peek == "," {
            throw fault("“\(String(characters[begin..<index]))” cannot be combined with other days", at: begin)
        }
        return rule
    }

    /// `?`, which stands alone in its field.
    private func isUnspecified() throws(CronError) -> Bool {
        guard let mark = characters[start..<end].firstIndex(of: "?") else { return false }
        if end - start > 1 { throw fault("“?” must stand alone", at: mark) }
        return true
    }

    // MARK: Tokens

    private var peek: Character? { index < end ? characters[index] : nil }

    private mutating func take(_ character: Character) -> Bool {
        guard peek == character else { return false }
        index += 1
        return true
    }

    /// `/n`, if there is one.
    private mutating func step() throws(CronError) -> Int? {
        take("/") ? try number(in: 1...field.largestStep, as: "a step") : nil
    }

    /// A number or name of the field.
    private mutating func value() throws(CronError) -> Int {
        guard let peek, peek.isASCII, peek.isLetter else { return try number(in: field.range, as: "a value") }
        let begin = index
        while let letter = self.peek, letter.isLetter, index - begin < 3 { index += 1 }
        let name = String(characters[begin..<index])
        guard let position = field.names.firstIndex(of: name) else {
            throw fault("“\(name)” is not a value of this field", at: begin)
        }
        return field.range.lowerBound + position
    }

    private mutating func number(in range: ClosedRange<Int>, as what: String) throws(CronError) -> Int {
        let begin = index
        while let peek, peek.isASCII, peek.isNumber { index += 1 }
        let digits = String(characters[begin..<index])
        if digits.isEmpty { throw fault(peek.map { "unexpected “\($0)”, \(what) is missing" } ?? "\(what) is missing") }
        guard let number = Int(digits), range.contains(number) else {
            throw fault("\(digits) is out of range, \(what) is \(range.lowerBound)-\(range.upperBound)", at: begin)
        }
        return number
    }

    private func fault(_ message: String, at place: Int? = nil) -> CronError {
        CronError(field: field, offset: place ?? index, message: "\(message); allowed: \(field.allowed)")
    }
}
