import Health

/// The two messages of `grpc.health.v1`, in Protocol Buffers' encoding ("Encoding", protobuf.dev)
/// behind gRPC's five-byte prefix.
///
///     message HealthCheckRequest { string service = 1; }
///     message HealthCheckResponse { ServingStatus status = 1; }
enum HealthMessages {
    /// An answer is two bytes and the prefix; fields of later versions may come.
    static let responseBytesMax = 4096

    private static let prefixLength = 5

    static func request(service: String) -> [UInt8] {
        let text = Array(service.utf8)
        // A field with its default is left out.
        let message = text.isEmpty ? [] : [1 << 3 | 2] + varint(text.count) + text
        let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: message.count >> $0) }
        return [0] + length + message
    }

    private static func varint(_ number: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = UInt(number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// The status in an answer of one whole message; nil if it is none. A status that a later
    /// version of the protocol added is `unknown`.
    static func servingStatus(in bytes: [UInt8]) -> FailureReason.ServingStatus? {
        guard bytes.count >= prefixLength, bytes[0] == 0,
            bytes[1..<prefixLength].reduce(0, { $0 << 8 | Int($1) }) == bytes.count - prefixLength
        else { return nil }
        var rest = bytes[prefixLength...]
        var status = FailureReason.ServingStatus.unknown
        while !rest.isEmpty {
            guard let tag = takeVarint(&rest) else { return nil }
            if tag == 1 << 3 {
                guard let number = takeVarint(&rest) else { return nil }
                status =
                    UInt8(exactly: number).flatMap(FailureReason.ServingStatus.init) ?? .unknown
            } else {
                guard skipValue(ofWireType: tag & 7, &rest) else { return nil }
            }
        }
        return status
    }

    private static func takeVarint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        return nil
    }

    /// Skips a field that is not ours; false if it is not whole or of no known type.
    private static func skipValue(ofWireType type: UInt64, _ bytes: inout ArraySlice<UInt8>) -> Bool
    {
        switch type {
        case 0: return takeVarint(&bytes) != nil
        case 1: return skip(8, &bytes)
        case 2: return takeVarint(&bytes).map { skip(Int(clamping: $0), &bytes) } ?? false
        case 5: return skip(4, &bytes)
        default: return false
        }
    }

    private static func skip(_ count: Int, _ bytes: inout ArraySlice<UInt8>) -> Bool {
        guard count <= bytes.count else { return false }
        bytes = bytes.dropFirst(count)
        return true
    }
}
