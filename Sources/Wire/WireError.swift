/// Why bytes are not a message. It is always the sender's fault, and nothing of a datagram with
/// one such part is used.
package enum WireError: Error, Hashable, Sendable {
    /// The bytes end before the field does.
    case truncated
    /// A number is longer than it need be, or too big for its field.
    case malformedNumber
    /// A field has a value that it may not have.
    case invalid(Field)

    package enum Field: Hashable, Sendable {
        case name, generation, state, address, accusers, incarnation, version, recordClass, payload,
            range
        case age, status, text, gauges, extensions, keyEpoch
    }
}
