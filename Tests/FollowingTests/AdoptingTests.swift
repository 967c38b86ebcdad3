@testable import Following
import Testing

@Suite struct AdoptingTests {
    @Test(arguments: [
        ("https://example.org/a/clinic.git", true, "clinic"), ("git@example.org:team/clinic.git", true, "clinic"),
        ("file:///srv/clinic", true, "clinic"), ("/srv/git/clinic.git", false, "clinic"),
        ("../clinic", false, "clinic"),
    ])
    func locationsAreToldApart(location: String, isURL: Bool, name: String) {
        #expect(RepositoryAdopter.isURL(location) == isURL)
        #expect(RepositoryAdopter.name(of: location) == name)
    }
}
