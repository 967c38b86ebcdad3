/// The content of one field, before day-of-month and day-of-week become one ``DayRule``.
struct FieldReading: Sendable {
    var numbers = Numbers()
    var years = Years()
    /// `?`, alone or in a list.
    var isUnspecified = false
    /// `L` of day-of-month: days before the last one.
    var beforeLast: Int?
    /// `W`.
    var isWorkday = false
    /// `L` after a weekday.
    var isLastWeekday = false
    /// The number after `#`.
    var nth: Int?
    /// A weekday beyond 7, which Quartz accepts before `#` but never finds.
    var beyond: Int?

    var isEmpty: Bool { numbers.isEmpty && !isUnspecified && beforeLast == nil && beyond == nil }
}

/// Reads one field exactly as Quartz does: item by item, each from its first character up to the first one that Quartz
/// does not understand. Like Quartz, this ignores the rest of an item, but with a lint.
///
/// Source: `storeExpressionVals`, `checkNext` and `addToSet` of `org.quartz.CronExpression` 2.3.2, followed branch by
/// branch, because what they accept is not documented anywhere else.
struct FieldReader {
    let field: CronField
    private(set) var reading = FieldReading()
    private(set) var lints: [CronLint] = []
    /// The current item.
    private var item: ArraySlice<Letter> = []
    private var index = 0

    /// Quartz's internal values of `*` and `?`. It also accepts them written as numbers.
    private static let everything = 99
    private static let unspecified = 98

    init(_ field: CronField) { self.field = field }

    mutating func read(_ letters: ArraySlice<Letter>) throws(CronError) {
        try refuseLists(letters)
        var items: [ArraySlice<Letter>] = []
        for item in letters.split(omittingEmptySubsequences: false, whereSeparator: { $0.is(",") }) {
            if item.isEmpty {
                lint(
                    "an empty item of the list is ignored; leave out the comma", at: letters, offsetBy: item.startIndex)
            } else {
                items.append(item)
            }
        }
        for item in items {
            (self.item, index) = (item, item.startIndex)
            try readItem()
        }
        lintList(items, of: letters)
        if field != .year, reading.isEmpty {
            throw CronError(
                field: field, offset: letters.first?.offset ?? 0,
                message: "“\(letters.text)” names nothing; allowed: \(field.allowed)")
        }
    }

    // MARK: Items

    private mutating func readItem() throws(CronError) {
        let letter = item[index]
        if letter.isName, !isLastDay {
            try readName()
        } else if letter.is("?") {
            try readUnspecified()
        } else if letter.is("*") || letter.is("/") {
            try readEverything()
        } else if letter.is("L") {
            try readLast()
        } else if letter.isDigit {
            try readNumber()
        } else {
            throw fault("unexpected “\([letter].text)”", at: index)
        }
    }

    /// `L`, `LW`, `L-3`, `L-3W`: what Quartz does not read as a name.
    private var isLastDay: Bool {
        let text = item.text
        if text == "L" || text == "LW" { return true }
        guard text.hasPrefix("L-") else { return false }
        let digits = text.dropFirst(2)
        return (digits.hasSuffix("W") ? digits.dropLast() : digits).allSatisfy { $0.isASCII && $0.isNumber }
    }

    /// `MON`, `MON-FRI`, `MON#3`, `MONL`. Anything else after a name is ignored.
    private mutating func readName() throws(CronError) {
        let first = try name()
        guard let next = peek else { return insert(first) }
        if next.is("-") {
            index += 1
            let last = try name()
            try add(first, through: last, at: item.startIndex)
            return ignoreRest(after: "a range of names", step: "write numbers: \(first)-\(last)\(item[index...].text)")
        }
        if field == .dayOfWeek, next.is("#") {
            try readNth(first)
        } else {
            insert(first)
            if field == .dayOfWeek, next.is("L") {
                index += 1
                reading.isLastWeekday = true
            }
            ignoreRest(after: "a name", step: "write a number: \(first)\(item[index...].text)")
        }
    }

    private mutating func name() throws(CronError) -> Int {
        let begin = index
        let name = item[begin...].prefix(3).text
        guard item.endIndex - begin >= 3, let position = field.names.firstIndex(of: name) else {
            let shown = name.isEmpty ? "a name is missing after “-”" : "“\(name)” is not a value of this field"
            throw fault(shown, at: begin)
        }
        index += 3
        return field.range.lowerBound + position
    }

    private mutating func readUnspecified() throws(CronError) {
        guard item.count <= 2 else { throw fault("“?” must stand alone", at: index + 1) }
        guard field == .dayOfMonth || field == .dayOfWeek else { throw fault("unexpected “?”", at: index) }
        index += 1
        reading.isUnspecified = true
        ignoreRest(after: "“?”")
    }

    /// `*`, `*/n` or `/n`.
    private mutating func readEverything() throws(CronError) {
        let begin = index
        if item[index].is("*") { index += 1 }
        guard let slash = peek, slash.is("/") else {
            try add(Self.everything, by: 1, at: begin)
            return ignoreRest(after: "“*”")
        }
        index += 1
        // Quartz reads the whole rest as the step, including a sign.
        let step = try wholeNumber(as: "a step")
        try checkStep(step, at: begin)
        if step < 1 { lintStep(step, at: begin, reading: "*") }
        try add(Self.everything, by: max(step, 1), at: begin)
    }

    private mutating func readLast() throws(CronError) {
        index += 1
        switch field {
        case .dayOfMonth:
            reading.beforeLast = 0
            if let dash = peek, dash.is("-") {
                index += 1
                let begin = index
                guard peek != nil else { throw fault("the days before the last one are missing", at: index) }
                let before = peek?.isDigit == true ? try digits() : 0
                guard before <= 30 else {
                    throw fault("\(before) is out of range, days before the last one are 0-30", at: begin)
                }
                if begin == index {
                    lint("“L-” without a number is read as “L”; leave out “-”", at: item, offsetBy: begin)
                }
                reading.beforeLast = before
            }
            if let mark = peek, mark.is("W") {
                index += 1
                reading.isWorkday = true
            }
        case .dayOfWeek:
            insert(7)
        default:
            return lint("“L” is ignored in this field; leave it out", at: item, offsetBy: index - 1)
        }
        ignoreRest(after: "“L”")
    }

    /// `a`, `a/n`, `a-b`, `a-b/n`, `aL`, `aW` or `a#n`.
    private mutating func readNumber() throws(CronError) {
        let begin = index
        let value = try digits()
        lintMark(value, at: begin)
        guard let next = peek else { return try add(value, by: 0, at: begin) }
        if next.is("L") {
            guard field == .dayOfWeek else { throw fault("unexpected “L”", at: index) }
            try checkRange(value, at: begin)
            reading.isLastWeekday = true
            index += 1
            insert(value)
        } else if next.is("W") {
            try readWorkday(value, at: begin)
        } else if next.is("#") {
            guard field == .dayOfWeek else { throw fault("unexpected “#”", at: index) }
            lintWeekday(value, at: begin)
            try readNth(value)
        } else if next.is("-") {
            try readRange(from: value, at: begin)
        } else if next.is("/") {
            let step = try stepAfterNumber()
            try checkStep(step, at: begin)
            if step == 0 { lintStep(0, at: begin, reading: "\(value)") }
            try add(value, by: step, at: begin)
        } else {
            try add(value, by: 0, at: begin)
        }
        ignoreRest(after: "a value")
    }

    private mutating func readWorkday(_ day: Int, at begin: Int) throws(CronError) {
        guard field == .dayOfMonth else { throw fault("unexpected “W”", at: index) }
        guard day <= 31 else { throw outOfRange(day, at: begin) }
        index += 1
        if day == 0 {
            lint("there is no day 0: it is never due, and Quartz may search for it forever", at: item, offsetBy: begin)
        }
        reading.isWorkday = true
        reading.numbers.insert(day)
    }

    private mutating func readRange(from low: Int, at begin: Int) throws(CronError) {
        index += 1
        let end = index
        let high = try shortNumber(as: "the end of the range")
        var step = 1
        if let slash = peek, slash.is("/") {
            index += 1
            step = try shortNumber(as: "a step")
            if step == 0 { lintStep(0, at: begin, reading: "\(low)") }
            if step > field.largestStep, field != .year {
                lint(
                    "a step of \(step) is beyond the field: only \(low) is due; write \(low)", at: item, offsetBy: begin
                )
            }
        }
        try add(low, through: high, by: step, at: begin)
        if high == 0, field.range.lowerBound == 1 {
            lint("0 is read as \(field.range.upperBound); write that", at: item, offsetBy: end)
        }
        ignoreRest(after: "a range")
    }

    private mutating func readNth(_ weekday: Int) throws(CronError) {
        index += 1
        let begin = index
        let nth = try wholeNumber(as: "which one of the month, after “#”,")
        guard 1...5 ~= nth else {
            throw fault("\(nth) is out of range, which one of the month, after “#”, is 1-5", at: begin)
        }
        reading.nth = nth
        insert(weekday)
    }

    // MARK: What items mean

    /// Adds `value`, or every `step`th number from it to `end` (default: the field's last). A step of 0 adds `value`
    /// alone.
    private mutating func add(_ value: Int, through end: Int? = nil, by step: Int = 1, at begin: Int) throws(CronError)
    {
        if value != Self.everything {
            let isMark = value == Self.unspecified && (field == .dayOfMonth || field == .dayOfWeek)
            if !isMark {
                try checkRange(value, at: begin)
                if let end, field != .year, end > field.range.upperBound { throw outOfRange(end, at: begin) }
            }
            if step == 0 { return insert(value) }
        }
        let range = field.range
        let start = value == Self.everything ? range.lowerBound : value
        let stop = end ?? range.upperBound
        guard stop < start else { return insert(from: start, through: stop, by: max(step, 1)) }
        guard field != .year else { throw fault("a range of years cannot end before it begins", at: begin) }
        let size = range.upperBound - range.lowerBound + 1
        for number in stride(from: start, through: stop + size, by: max(step, 1)) {
            insert(number % size == 0 && range.lowerBound == 1 ? size : number % size)
        }
    }

    private mutating func insert(from start: Int, through stop: Int, by step: Int) {
        if field == .year {
            // Jump over years before 1970 instead of counting through them.
            let first = start + max(0, (CivilDate.years.lowerBound - start + step - 1) / step) * step
            for year in stride(from: first, through: min(stop, CivilDate.years.upperBound), by: step) { insert(year) }
        } else {
            // Only “99-…” exceeds the field.
            for number in stride(from: start, through: min(stop, Self.everything), by: step) { insert(number) }
        }
    }

    private mutating func insert(_ number: Int) {
        switch field {
        case .year: reading.years.insert(number)
        case .dayOfMonth where number == Self.unspecified, .dayOfWeek where number == Self.unspecified:
            reading.isUnspecified = true
        case .dayOfWeek where number > 7: reading.beyond = min(number, reading.beyond ?? number)
        default: if number <= field.range.upperBound { reading.numbers.insert(number) }
        }
    }

    private func checkRange(_ value: Int, at begin: Int) throws(CronError) {
        // Quartz accepts any year.
        guard field == .year || field.range.contains(value) else { throw outOfRange(value, at: begin) }
    }

    private func checkStep(_ step: Int, at begin: Int) throws(CronError) {
        guard field == .year || step <= field.largestStep else {
            throw fault("\(step) is out of range, a step is 1-\(field.largestStep)", at: begin)
        }
    }

    // MARK: Numbers

    private var peek: Letter? { index < item.endIndex ? item[index] : nil }

    /// Digits 0-9, at least one.
    private mutating func digits() throws(CronError) -> Int {
        let begin = index
        var value = 0
        while let letter = peek, letter.isDigit {
            value = min(value * 10 + Int(letter.unit) - 48, Int(Int32.max) + 1)
            index += 1
        }
        guard value <= Int32.max else { throw outOfRange(item[begin..<index].text, at: begin) }
        return value
    }

    /// The end of a range, or its step. As in Quartz: one digit of any script, then digits 0-9.
    private mutating func shortNumber(as what: String) throws(CronError) -> Int {
        guard let letter = peek, let first = letter.digit else { throw missing(what) }
        let begin = index
        index += 1
        var value = first
        while let letter = peek, letter.isDigit {
            value = min(value * 10 + Int(letter.unit) - 48, Int(Int32.max) + 1)
            index += 1
        }
        guard value <= Int32.max else { throw outOfRange(item[begin..<index].text, at: begin) }
        return value
    }

    /// The step after a single value. Quartz allows anything after a step of two digits, and nothing after a step of one.
    private mutating func stepAfterNumber() throws(CronError) -> Int {
        index += 1
        let begin = index
        let step = try shortNumber(as: "a step")
        if index - begin == 1, let letter = peek { throw fault("unexpected “\([letter].text)”", at: index) }
        return step
    }

    /// The rest of the item as one number of any script, with a sign if there is one.
    private mutating func wholeNumber(as what: String) throws(CronError) -> Int {
        let begin = index
        let isNegative = peek?.is("-") == true
        if isNegative || peek?.is("+") == true { index += 1 }
        guard peek != nil else { throw missing(what) }
        var value = 0
        while let letter = peek {
            guard let digit = letter.digit else { throw missing(what) }
            value = min(value * 10 + digit, Int(Int32.max) + 2)
            index += 1
        }
        guard value <= (isNegative ? Int(Int32.max) + 1 : Int(Int32.max)) else {
            throw outOfRange(item[begin...].text, at: begin)
        }
        return isNegative ? -value : value
    }

    // MARK: Telling

    private func refuseLists(_ letters: ArraySlice<Letter>) throws(CronError) {
        guard field == .dayOfMonth || field == .dayOfWeek else { return }
        if letters.count > 1, letters.contains(","), let last = letters.firstIndex(where: { $0.is("L") }) {
            throw fault("“L” cannot be combined with other days", in: letters, at: last)
        }
        let marks = letters.indices.filter { letters[$0].is("#") }
        if field == .dayOfWeek, marks.count > 1 {
            throw fault("“#” may be written only once", in: letters, at: marks[1])
        }
    }

    private mutating func lintList(_ items: [ArraySlice<Letter>], of letters: ArraySlice<Letter>) {
        guard items.count > 1 else { return }
        if reading.isUnspecified {
            lint("“?” in a list stands for the whole field: the other days are ignored; write ?", at: letters)
        } else if reading.isWorkday {
            lint(
                "beside “W” only the first day of a list counts: read as \(reading.numbers.first)W; write that",
                at: letters)
        } else if let nth = reading.nth {
            let first = reading.numbers.isEmpty ? reading.beyond ?? 0 : reading.numbers.first
            lint("beside “#” only the first weekday of a list counts: read as \(first)#\(nth); write that", at: letters)
        }
    }

    private mutating func lintMark(_ value: Int, at begin: Int) {
        let rest = item[index...].text
        if value == Self.everything, !rest.hasPrefix("L"), !rest.hasPrefix("W"), !rest.hasPrefix("#") {
            lint("99 is read as *; write *", at: item, offsetBy: begin)
        } else if value == Self.unspecified, field == .dayOfMonth || field == .dayOfWeek {
            lint("98 is read as ?; write ?", at: item, offsetBy: begin)
        }
    }

    private mutating func lintWeekday(_ value: Int, at begin: Int) {
        if value == 0 { lint("weekday 0 is read as 7 (SAT); write 7", at: item, offsetBy: begin) }
        if value > 7, value != Self.unspecified {
            lint("there is no weekday \(value): it is never due", at: item, offsetBy: begin)
        }
    }

    private mutating func lintStep(_ step: Int, at begin: Int, reading: String) {
        lint("a step of \(step) is ignored; write \(reading)", at: item, offsetBy: begin)
    }

    /// Ignores the rest of the item, with a lint.
    private mutating func ignoreRest(after what: String, step: String? = nil) {
        guard let letter = peek else { return }
        let hint = letter.is("/") ? step : nil
        lint("“\(item[index...].text)” after \(what) is ignored; \(hint ?? "leave it out")", at: item, offsetBy: index)
        index = item.endIndex
    }

    private mutating func lint(_ message: String, at letters: ArraySlice<Letter>, offsetBy place: Int? = nil) {
        lints.append(CronLint(column: Self.offset(of: place ?? letters.startIndex, in: letters) + 1, message: message))
    }

    private func missing(_ what: String) -> CronError {
        fault(peek.map { "unexpected “\([$0].text)”, \(what) is missing" } ?? "\(what) is missing", at: index)
    }

    private func outOfRange(_ value: some CustomStringConvertible, at place: Int) -> CronError {
        fault("\(value) is out of range, a value is \(field.range.lowerBound)-\(field.range.upperBound)", at: place)
    }

    private func fault(_ message: String, in letters: ArraySlice<Letter>? = nil, at place: Int) -> CronError {
        CronError(
            field: field, offset: Self.offset(of: place, in: letters ?? item),
            message: "\(message); allowed: \(field.allowed)")
    }

    /// Characters before a position in the original text. The end counts as after the last letter.
    private static func offset(of place: Int, in letters: ArraySlice<Letter>) -> Int {
        letters.indices.contains(place) ? letters[place].offset : (letters.last?.offset ?? -1) + 1
    }
}

extension Collection<Letter> {
    fileprivate func contains(_ scalar: Unicode.Scalar) -> Bool { contains { $0.is(scalar) } }
}
