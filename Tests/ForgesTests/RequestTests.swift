import Testing

@testable import Forges

@Suite struct RequestTests {
    private let order = MergeOrder(number: 7, head: one, method: .squash, title: "Merge 7", message: "Change: 7")
    private let status = CommitStatus(commit: one, state: .error, context: "espalier/gate", description: "")

    private func text(_ request: ForgeRequest) -> String { String(decoding: request.body ?? [], as: UTF8.self) }

    @Test func gitHub() throws {
        let forge = try Sample(kind: .github).forge
        let list = "https://api.github.com/repos/acme/models/pulls"
        #expect(
            forge.listChanges(page: 2).url == "\(list)?state=open&sort=created&direction=asc&per_page=100&page=2")
        #expect(forge.change(7).url == "\(list)/7")
        #expect(forge.change(7).headers["Authorization"] == "Bearer hush")
        #expect(forge.setStatus(status).url == "https://api.github.com/repos/acme/models/statuses/\(one)")
        #expect(text(forge.setStatus(status)) == #"{"context":"espalier/gate","description":"","state":"error"}"#)
        #expect(forge.merge(order).method == "PUT" && forge.merge(order).url == "\(list)/7/merge")
        #expect(
            text(forge.merge(order))
                == #"{"commit_message":"Change: 7","commit_title":"Merge 7","merge_method":"squash","sha":"\#(one)"}"#)
        #expect(forge.changeRefs == "refs/pull/*/head" && forge.changeRef(7) == "refs/pull/7/head")
    }

    @Test func gitLab() throws {
        let settings = try ForgeSettings(
            kind: .gitlab, api: "https://git.example.org/", repository: "a group/sub/models", token: "hush")
        let forge = Forges.forge(for: settings)
        let project = "https://git.example.org/api/v4/projects/a%20group%2Fsub%2Fmodels"
        #expect(
            forge.listChanges(page: 1).url
                == "\(project)/merge_requests?state=opened&order_by=created_at&sort=asc&per_page=100&page=1")
        #expect(forge.change(7).headers["PRIVATE-TOKEN"] == "hush")
        #expect(text(forge.setStatus(status)) == #"{"description":"","name":"espalier/gate","state":"failed"}"#)
        #expect(forge.merge(order).method == "PUT" && forge.merge(order).url == "\(project)/merge_requests/7/merge")
        #expect(
            text(forge.merge(order))
                == #"{"sha":"\#(one)","squash":true,"squash_commit_message":"Merge 7\n\nChange: 7"}"#)
        #expect(forge.changeRef(7) == "refs/merge-requests/7/head")
    }

    @Test func gitea() throws {
        let forge = try Sample(kind: .gitea).forge
        let repository = "https://git.example.org/api/v1/repos/acme/models"
        #expect(forge.listChanges(page: 1).url == "\(repository)/pulls?state=open&sort=oldest&limit=50&page=1")
        #expect(forge.change(7).headers["Authorization"] == "token hush")
        #expect(forge.merge(order).method == "POST" && forge.merge(order).url == "\(repository)/pulls/7/merge")
        #expect(
            text(forge.merge(order))
                == #"{"Do":"squash","MergeMessageField":"Change: 7","MergeTitleField":"Merge 7","head_commit_id":"\#(one)"}"#
        )
        #expect(forge.changeRef(7) == "refs/pull/7/head")
    }

    @Test func azureDevOps() throws {
        let forge = try Sample(kind: .azureDevOps).forge
        let repository = "https://dev.azure.com/acme/ml/_apis/git/repositories/models"
        #expect(
            forge.listChanges(page: 3).url
                == "\(repository)/pullrequests?searchCriteria.status=active&%24top=100&%24skip=200&api-version=7.1")
        #expect(forge.change(7).headers["Authorization"] == "Basic Omh1c2g=")
        #expect(forge.setStatus(status).url == "\(repository)/commits/\(one)/statuses?api-version=7.1")
        #expect(
            text(forge.setStatus(status))
                == #"{"context":{"genre":"espalier","name":"gate"},"description":"","state":"error"}"#)
        #expect(forge.merge(order).method == "PATCH")
        #expect(forge.merge(order).url == "\(repository)/pullrequests/7?api-version=7.1")
        #expect(text(forge.merge(order)).contains(#""mergeStrategy":"squash""#))
        #expect(forge.changeRefs == "refs/pull/*/merge")
    }

    @Test func whatIsPutIntoAnAddressIsEscaped() throws {
        let settings = try ForgeSettings(
            kind: .azureDevOps, api: "https://tfs.example/tfs/", repository: "Main/Ünsere ML/a+b?c")
        let url = Forges.forge(for: settings).change(7).url
        #expect(url.hasPrefix("https://tfs.example/tfs/Main/%C3%9Cnsere%20ML/_apis/git/repositories/a%2Bb%3Fc/"))
        let status = CommitStatus(commit: "../../x", state: .error, context: "c", description: "")
        #expect(Forges.forge(for: settings).setStatus(status).url.contains("/commits/..%2F..%2Fx/"))
    }
}
