import ProjectFiles
import Projects
import Testing

/// Whom an environment notifies, and of what.
@Suite struct ChannelTests {
    func channels(_ files: [String: String], trusted: [String: String]? = nil) throws -> [Channel] {
        try read(files, trusted: trusted).environments[0].notify
    }

    @Test func aChannelIsReadWithItsDefaults() throws {
        let found = try channels([
            "environments/dev.yml": """
            notify:
              ops: { on: failure, webhook: { url: "https://chat.example.org/x", secret: ESPALIER_SECRET_CHAT } }
              people:
                on: [recovery, drift]
                pipelines: [inf*]
                email: { to: [a@b.org, a@b.org, c@d.org], from: e@f.org, server: "smtp://mail:587" }
                quiet: 2h
            """
        ])
        #expect(found.map(\.name) == ["ops", "people"] && found.map(\.quiet) == [900, 7_200])
        #expect(found[0].recipients == [""] && found[1].recipients == ["a@b.org", "c@d.org"])
        #expect(found[0].wants(.failure, of: "any") && !found[0].wants(.recovery, of: "any"))
        #expect(found[1].wants(.drift, of: "inference") && !found[1].wants(.drift, of: "train"))
        guard let email = found[1].way.as(MailChannel.self) else {
            Issue.record("\(found[1].way)")
            return
        }
        #expect(email.isEncrypted && email.user == nil, "TLS unless somebody says otherwise")
    }

    @Test func layersMergeAndAreCheckedTogether() throws {
        let base = "notify: { ops: { on: failure, webhook: { url: ESPALIER_SECRET_URL } }, more: { on: drift } }\n"
        let upper = "notify: { ops: { on: [drift] }, more: null }\n"
        let files = ["environments/project.yml": base, "environments/dev.yml": upper]
        #expect(try channels(files).map(\.kinds) == [[.drift]])
        #expect(
            complaints(["environments/project.yml": base, "environments/a.yml": "{}", "environments/b.yml": "{}"]) == [
                "environments/project.yml:1:72: notify.more: it does not say where to send messages (give it a webhook: or an email:)"
            ], "what all environments have from one place is wrong once")
    }

    @Test func aBranchCannotHaveOthersTold() throws {
        let (own, main) = (
            ["environments/dev.yml": "notify: { ops: { on: drift, webhook: { url: \"https://evil\" } } }"],
            ["environments/dev.yml": "notify: { ops: { on: failure, webhook: { url: \"https://good\" } } }"]
        )
        #expect(try channels(own, trusted: main).map(\.kinds) == [[.failure]])
        let project = try read(own, trusted: main)
        let sources = try readSources(own.mapValues { Array($0.utf8) })
        #expect(sources.privilegesWithheld(in: project) == ["dev": ["notify.ops.on", "notify.ops.webhook.url"]])
    }

    static let good = "from: e@f.org, server: \"smtps://x\""

    @Test(arguments: [
        (
            "on: [failuer], webhook: { url: \"https://x\" }",
            "on: 'failuer' is not one of failure, recovery, missed, drift, promotion, rollback, approval, trouble (did you mean 'failure'?)"
        ),
        (
            "webhook: { url: \"https://x\" }",
            "on: it reports nothing (name some of failure, recovery, missed, drift, promotion, rollback, approval, trouble)"
        ),
        (
            "on: test, webhook: { url: \"https://x\" }",
            "on: expected one of failure, recovery, missed, drift, promotion, rollback, approval, trouble, found text 'test'"
        ),
        ("on: drift", "it does not say where to send messages (give it a webhook: or an email:)"),
        (
            "on: drift, webhook: { url: \"https://x\" }, email: { to: a@b.org, \(good) }",
            "it has a webhook and an email (make it two channels)"
        ),
        ("on: drift, webhook: {}", "webhook: 'url' is missing (the URL to post JSON to)"),
        (
            "on: drift, webhook: { url: \"ftp://x\" }",
            "webhook.url: 'ftp://x' is not a URL to post to (write https://HOST/PATH, without a user name or password in it)"
        ),
        (
            "on: drift, webhook: { url: \"https://me:pass@x\" }",
            "webhook.url: 'https://me:pass@x' is not a URL to post to (write https://HOST/PATH, without a user name or password in it)"
        ),
        (
            "on: drift, webhook: { url: \"https://x/\\ny\" }",
            "webhook.url: 'https://x/\\u{a}y' is not a URL to post to (write https://HOST/PATH, without a user name or password in it)"
        ),
        (
            "on: drift, webhook: { url: HOME }",
            "webhook.url: 'HOME' is not the name of a secret (write the name of a variable of the daemon, ESPALIER_SECRET_…, or an address such as https://chat.example.org/hooks/…)"
        ),
        (
            "on: drift, webhook: { url: \"https://x\", secret: hunter2 }",
            "webhook.secret: 'hunter2' is not the name of a secret (write the name of a variable of the daemon, ESPALIER_SECRET_…)"
        ),
        (
            "on: drift, email: { to: ops, \(good) }",
            "email.to: 'ops' is not a mail address (write somebody@example.org)"
        ),
        (
            "on: drift, email: { to: \"a@b.org\\nBcc: x@y.org\", \(good) }",
            "email.to: 'a@b.org\\u{a}Bcc: x@y.org' is not a mail address (write somebody@example.org)"
        ),
        (
            "on: drift, email: { to: \"A <a@b.org>\", \(good) }",
            "email.to: 'A <a@b.org>' is not a mail address (write somebody@example.org)"
        ),
        ("on: drift, email: { \(good) }", "email: 'to' is missing (it needs to, from and server)"),
        (
            "on: drift, email: { to: a@b.org, from: e@f.org, server: x }",
            "email.server: 'x' is not a mail server (write smtps://HOST:465 or smtp://HOST:587)"
        ),
        (
            "on: drift, email: { to: a@b.org, \(good), user: ESPALIER_SECRET_U }",
            "email: user and password must be given together (give both or neither)"
        ),
        (
            "on: drift, email: { to: a@b.org, \(good), user: ESPALIER_SECRET_U, password: ESPALIER_SECRET_P, tls: none }",
            "email.tls: a password is never sent unencrypted (remove it, or the password)"
        ),
        (
            "on: drift, webhook: { url: \"https://x\" }, template: \"{{brnch}}\"",
            "template: there is no field 'brnch' (did you mean 'branch'?)"
        ),
        (
            "on: drift, webhook: { url: \"https://x\" }, template: \"{{#steps}}\"",
            "template: there is no field '#steps' (known here: kind, title, body, reason, log, project, environment, branch, pipeline, commit, run, count, at, url, id)"
        ),
        (
            "on: drift, webhook: { url: \"https://x\" }, quiet: often",
            "quiet: expected a duration such as 90s, 10m, 6h, found text 'often'"
        ),
        ("on: drift, webhok: {}", "webhok: unknown key (did you mean 'webhook'?)"),
    ])
    func aBadChannelIsRefused(text: String, complaint: String) {
        let found = complaints(["environments/dev.yml": "notify:\n  ops: { \(text) }\n"])
        let plain = found.map { $0.replacing(/^environments\/dev\.yml:\d+:\d+: notify\.ops(\.|: )/, with: "") }
        #expect(plain == [complaint])
        #expect(found.allSatisfy { $0.hasPrefix("environments/dev.yml:2:") })
    }
}
