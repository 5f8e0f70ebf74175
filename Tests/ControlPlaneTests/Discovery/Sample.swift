import DNSCodec
import Primitives

@testable import ControlPlane

/// Names and values that the tests share.
enum Sample {
    static func name(_ text: String) -> DomainName {
        guard let name = DomainName(text) else { fatalError("\(text) is no name") }
        return name
    }

    static func ip(_ text: String) -> IPAddress {
        guard let ip = IPAddress(text) else { fatalError("\(text) is no IP address") }
        return ip
    }

    static func address(_ text: String) -> SocketAddress {
        guard let address = SocketAddress(text) else { fatalError("\(text) is no address") }
        return address
    }

    static func backends(_ texts: String..., weight: Int? = nil) -> [DiscoveredBackend] {
        texts.map { DiscoveredBackend(address: address($0), weight: weight) }
    }

    static func addressRecord(
        _ owner: DomainName, _ text: String, seconds: UInt32 = 30
    ) -> Record {
        Record(name: owner, timeToLive: seconds, data: .address(ip(text)))
    }

    static func service(
        _ target: String, port: UInt16 = 80, priority: UInt16 = 0, weight: UInt16 = 1
    ) -> RecordData.Service {
        RecordData.Service(priority: priority, weight: weight, port: port, target: name(target))
    }
}

extension Message {
    /// The response to this query with these answers, from a server that asks others.
    func answered(_ answers: [Record], code: ResponseCode = .noError) -> Message {
        var message = response(code)
        message.header.recursionAvailable = true
        message.answers = answers
        return message
    }

    /// The response with an address of whatever name was asked for.
    func answered(_ address: String) -> Message {
        answered(questions.map { Sample.addressRecord($0.name, address) })
    }
}
