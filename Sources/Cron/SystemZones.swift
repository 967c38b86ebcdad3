import Foundation

/// The time zones of this machine. This is the only place in the pure targets that reads files. Zone data is not an
/// input of a decision but a lookup table, like Foundation's. Each zone is read once per process.
extension Zone {
    /// - Parameter name: an IANA name; nil when neither the machine nor Foundation knows it.
    public init?(named name: String) {
        guard let zone = SystemZones.shared.zone(named: name) else { return nil }
        self = zone
    }

    /// Names to choose from, for hints.
    public static var names: [String] {
        let listed = (try? String(contentsOfFile: "\(SystemZones.folder)/tzdata.zi", encoding: .utf8)) ?? ""
        let words = listed.split(separator: "\n").map { $0.split(separator: " ") }
        // A line `Z NAME …` defines a zone; `L TARGET NAME` defines an alias.
        let names = words.compactMap {
            $0.first == "Z" ? $0.dropFirst(1).first : $0.first == "L" ? $0.dropFirst(2).first : nil
        }
        return Set(names.map(String.init) + TimeZone.knownTimeZoneIdentifiers).sorted()
    }
}

private final class SystemZones: @unchecked Sendable {
    static let shared = SystemZones()

    /// The same folder that the C library uses.
    static var folder: String { ProcessInfo.processInfo.environment["TZDIR"] ?? "/usr/share/zoneinfo" }

    private let lock = NSLock()
    private var known: [String: Zone?] = [:]

    func zone(named name: String) -> Zone? {
        lock.withLock {
            if let found = known[name] { return found }
            let found = Self.read(name) ?? TimeZone(identifier: name).map { Zone($0) }
            known[name] = .some(found)
            return found
        }
    }

    /// Zone names begin with a capital. Other files (`posix/…`, `localtime`) serve other purposes.
    private static func read(_ name: String) -> Zone? {
        guard name.wholeMatch(of: /[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*/) != nil,
            let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)")
        else { return nil }
        return try? Zone(name: name, file: [UInt8](bytes))
    }
}
