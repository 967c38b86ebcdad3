import Projects
import ProjectFiles
import Testing

/// A schedule that is due at 11:00 UTC unless `keys`, in YAML's flow style, say otherwise.
func rule(_ keys: String = "") throws -> ScheduleRule {
    let cron = keys.contains("cron:") ? "" : "cron: '0 0 11 * * ?', "
    let text = """
        on: { schedule: { environment: prod, \(cron)\(keys) } }
        steps: { a: { run: 'true' } }
        """
    let file = try parseYAML(Array(text.utf8), file: "pipelines/p.yml")
    return try #require(try Pipeline.read(name: "p", file).triggers.schedule)
}
