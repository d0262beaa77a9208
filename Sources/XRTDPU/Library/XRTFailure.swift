import CXRT
import Devices

/// A call of XRT that did not go well.
struct XRTFailure: Error, Equatable {
  /// What kind of failure.
  let code: cxrt_code
  /// The errno, 0 where there was none.
  let number: Int32
  /// What was called and what it said.
  let message: String

  /// Takes the calling thread's last failure.
  init(_ code: cxrt_code) {
    self.code = code
    number = cxrt_failure_errno()
    message = String(cString: cxrt_failure_message())
  }

  /// The failure as an error of the device, with what to do.
  func error(_ code: DeviceError.Code = .failed, _ advice: String? = nil) -> DeviceError {
    DeviceError(code, advice.map { "\(message); \($0)" } ?? message)
  }
}

/// Lets a call of XRT's pass only if it went well.
func check(_ code: cxrt_code) throws(XRTFailure) {
  guard code == CXRT_OK else { throw XRTFailure(code) }
}
