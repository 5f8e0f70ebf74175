/// The fields that a claim may carry behind its own: one byte of type, one of length, and so many
/// bytes, one field after another. Types are never used again for something else.
package enum ClaimExtensions {
    /// The longest `release`, in bytes of UTF-8.
    package static let releaseLengthMax = 32
    private static let releaseType: UInt8 = 1

    /// The extensions of a member that runs this release, or nil when the text is empty or longer
    /// than `releaseLengthMax`.
    package static func bytes(release: String) -> [UInt8]? {
        let text = Array(release.utf8)
        guard (1...releaseLengthMax).contains(text.count) else { return nil }
        return [releaseType, UInt8(text.count)] + text
    }

    /// The release that `extensions` name; nil when they name none, or none that this release
    /// understands. The first of several counts.
    package static func release(in extensions: [UInt8]) -> String? {
        guard let value = first(releaseType, in: extensions),
            (1...releaseLengthMax).contains(value.count)
        else { return nil }
        return String(validating: value, as: UTF8.self)
    }

    /// The value of the first field of that type. `Claim.extensionsMax` keeps lengths below 128,
    /// so one byte holds them.
    private static func first(_ wanted: UInt8, in extensions: [UInt8]) -> ArraySlice<UInt8>? {
        var rest = extensions[...]
        while let type = rest.popFirst(), let length = rest.popFirst(), length <= rest.count {
            if type == wanted { return rest.prefix(Int(length)) }
            rest = rest.dropFirst(Int(length))
        }
        return nil
    }
}
