import Commands
import TestSupport
import Testing

@Suite struct FrameMailboxTests {
  @Test("lets the oldest give way, and gives the rest in order")
  func overload() {
    let mailbox = FrameMailbox<Int>(capacity: 2)
    #expect(mailbox.put(1) == nil && mailbox.put(2) == nil)
    #expect(mailbox.put(3) == 1 && mailbox.put(4) == 2)
    #expect(mailbox.take() == 3)
    #expect(mailbox.put(5) == nil)
    mailbox.finish()
    #expect(mailbox.take() == 4 && mailbox.take() == 5 && mailbox.take() == nil)
  }

  @Test("a closed one takes and gives nothing")
  func closing() {
    let mailbox = FrameMailbox<Int>(capacity: 2)
    _ = mailbox.put(1)
    mailbox.close()
    #expect(mailbox.put(2) == 2 && !mailbox.putWhenFree(3) && mailbox.take() == nil)
  }

  @Test("who waits for room loses nothing, however slow the other is")
  func waiting() {
    let mailbox = FrameMailbox<Int>(capacity: 1)
    runInBackground {
      for number in 0..<1000 { _ = mailbox.putWhenFree(number) }
      mailbox.finish()
    }
    var taken: [Int] = []
    while let number = mailbox.take() { taken.append(number) }
    #expect(taken == Array(0..<1000))
  }
}
