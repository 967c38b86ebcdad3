import Foundation

/// A state as a word, a symbol and a colour. Colour is never the only sign.
struct StateMark {
    let word: String
    let symbol: String
    /// `good`, `bad`, `busy`, `wait` or `quiet`: a class of the stylesheet.
    let tone: String

    init(_ word: String) {
        self.word = word.replacing("_", with: " ")
        (symbol, tone) =
            switch word {
            case "passed", "merged", "promoted": ("✓", "good")
            case "reused": ("↺", "good")
            case "failed", "rejected", "conflicted", "timed_out", "out_of_memory", "halted", "drift": ("✗", "bad")
            case "lost", "worse": ("!", "bad")
            case "running", "checking", "stopping", "merging": ("▸", "busy")
            case "queued", "pending", "proposed", "waiting", "ready": ("○", "wait")
            case "no_drift", "as_before": ("✓", "good")
            case "shifted": ("!", "wait")
            case "not_promoted": ("=", "wait")
            default: ("–", "quiet")
            }
    }
}

/// A commit or digest: ten digits to show, all of them as a tooltip.
struct HashMark {
    let short: String
    let full: String

    init(_ full: String) {
        self.full = full
        short = String(full.prefix(10))
    }
}

/// A time, in UTC and relative to now.
struct TimeMark {
    /// ISO 8601, for the `datetime` attribute.
    let iso: String
    /// `2026-11-23 11:00:00 UTC`
    let full: String
    /// `23 Nov 11:00`, with the year unless it is the current one.
    let short: String
    /// `5 min ago`, `in 3 h`
    let relative: String

    init(_ date: Date, now: Date) {
        iso = date.formatted(.iso8601)
        full = iso.replacing("T", with: " ").replacing("Z", with: " UTC")
        let parts = iso.split { "-T:Z".contains($0) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        if parts.count >= 5, let month = Int(parts[1]), let day = Int(parts[2]), months.indices.contains(month - 1) {
            let year = now.formatted(.iso8601).hasPrefix(parts[0]) ? "" : " \(parts[0])"
            short = "\(day) \(months[month - 1])\(year) \(parts[3]):\(parts[4])"
        } else {
            short = full
        }
        relative = Self.relative(date.timeIntervalSince(now))
    }

    private static func relative(_ seconds: Double) -> String {
        let distance = abs(seconds)
        let words =
            switch distance {
            case ..<60: "\(Int(distance)) s"
            case ..<3_600: "\(Int(distance / 60)) min"
            case ..<172_800: "\(Int(distance / 3_600)) h"
            default: "\(Int(min(distance / 86_400, 1e6))) days"
            }
        return distance < 2 ? "now" : seconds < 0 ? "\(words) ago" : "in \(words)"
    }
}

/// How long something took: `85 ms`, `4.2 s`, `3 min 07 s`, `1 h 02 min`.
func duration(_ seconds: Double) -> String {
    func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let whole = Int(min(max(0, seconds), 1e9))
    return switch seconds {
    case ..<0.9995: "\(Int((max(0, seconds) * 1_000).rounded())) ms"
    case ..<10: "\(Double((seconds * 10).rounded()) / 10) s"
    case ..<60: "\(whole) s"
    case ..<3_600: "\(whole / 60) min \(twoDigits(whole % 60)) s"
    default: "\(whole / 3_600) h \(twoDigits(whole / 60 % 60)) min"
    }
}

/// Percent-encode a part of a path or a query: everything but letters, digits and `-._~`.
func encoded(_ text: String) -> String {
    let unreserved = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
    return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
}

/// A key and its value.
struct Pair {
    let key: String
    let value: String

    /// Sorted by key, and no more than a page can show: 300 characters of a key or value, 20,000 of all. The rest is
    /// counted; the API has it.
    static func sorted(_ values: [String: String]) -> [Pair] {
        var pairs: [Pair] = []
        var room = 20_000
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            let pair = Pair(key: shortened(key), value: shortened(value))
            room -= pair.key.count + pair.value.count
            guard room >= 0 else {
                return pairs + [Pair(key: "…", value: "and \(values.count - pairs.count) more")]
            }
            pairs.append(pair)
        }
        return pairs
    }

    private static func shortened(_ text: String) -> String {
        // Counting bytes first: most values are short, and counting characters takes time.
        guard text.utf8.count > 300, text.count > 300 else { return text }
        return "\(text.prefix(300))… (\(text.count) characters)"
    }
}
