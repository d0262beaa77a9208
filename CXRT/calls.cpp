#include <cstring>

#include "failure.hpp"

using cxrt::call;
using cxrt::fail;
using cxrt::judge;

namespace {

/// Bytes of an xclbin's header, and where in it its own length stands.
///
/// Source: struct axlf of xclbin.h, the same in XRT 2.7 to 2.16.
constexpr size_t image_header_byte_count = 496;
constexpr size_t image_length_offset = 304;

/// XRT's enum xclVerbosityLevel: errors only.
constexpr unsigned verbosity = 3;

}  // namespace

// Calls a function of the library, its name and its pointer at once.
#define CALL(name, ...) call(library->name, #name, [&](auto function) -> cxrt_code __VA_ARGS__)

cxrt_code cxrt_probe(const cxrt_library *library, unsigned *count) {
  return CALL(xclProbe, {
    *count = function();
    return CXRT_OK;
  });
}

cxrt_code cxrt_open(const cxrt_library *library, unsigned index, cxrt_device *device) {
  return CALL(xclOpen, {
    *device = function(index, nullptr, verbosity);
    if (*device != nullptr) return CXRT_OK;
    return fail(CXRT_REFUSED, errno, "xclOpen gave no handle for device %u", index);
  });
}

cxrt_code cxrt_close(const cxrt_library *library, cxrt_device device) {
  return CALL(xclClose, {
    function(device);
    return CXRT_OK;
  });
}

cxrt_code cxrt_load_image(const cxrt_library *library, cxrt_device device, const void *image, size_t byte_count) {
  // The library gets no length and believes the one in the image.
  if (byte_count < image_header_byte_count) {
    return fail(
        CXRT_BAD_ARGUMENT, 0, "an xclbin has at least %zu bytes, this has %zu", image_header_byte_count, byte_count);
  }
  uint64_t length = 0;
  memcpy(&length, static_cast<const char *>(image) + image_length_offset, sizeof length);
  if (memcmp(image, "xclbin2", 8) != 0 || length != byte_count) {
    return fail(
        CXRT_BAD_ARGUMENT, 0, "no whole xclbin: it begins with %s and says %llu bytes, of %zu",
        memcmp(image, "xclbin2", 8) == 0 ? "xclbin2" : "something else", static_cast<unsigned long long>(length),
        byte_count);
  }
  return CALL(xclLoadXclBin, { return judge(function(device, image), "xclLoadXclBin"); });
}

cxrt_code cxrt_core_index(const cxrt_library *library, cxrt_device device, const char *name, unsigned *index) {
  return CALL(xclIPName2Index, {
    const int result = function(device, name);
    if (result >= 0) *index = static_cast<unsigned>(result);
    return judge(result, "xclIPName2Index");
  });
}

cxrt_code cxrt_open_context(const cxrt_library *library, cxrt_device device, const uint8_t *uuid, unsigned core) {
  return CALL(xclOpenContext, { return judge(function(device, uuid, core, true), "xclOpenContext"); });
}

cxrt_code cxrt_close_context(const cxrt_library *library, cxrt_device device, const uint8_t *uuid, unsigned core) {
  return CALL(xclCloseContext, { return judge(function(device, uuid, core), "xclCloseContext"); });
}

cxrt_code cxrt_allow_reads(
    const cxrt_library *library, cxrt_device device, unsigned core, uint32_t start, uint32_t byte_count) {
  if (library->xclIPSetReadRange == nullptr) return CXRT_OK;
  return CALL(xclIPSetReadRange, { return judge(function(device, core, start, byte_count), "xclIPSetReadRange"); });
}

cxrt_code cxrt_read_register(
    const cxrt_library *library, cxrt_device device, unsigned core, uint32_t offset, uint32_t *value) {
  if (offset == 0) {
    return fail(CXRT_BAD_ARGUMENT, 0, "register 0 is not read: that takes the end of a job from the driver");
  }
  return CALL(xclRegRead, { return judge(function(device, core, offset, value), "xclRegRead"); });
}

cxrt_code cxrt_allocate(
    const cxrt_library *library, cxrt_device device, size_t byte_count, unsigned flags, unsigned *buffer) {
  return CALL(xclAllocBO, {
    *buffer = function(device, byte_count, 0, flags);
    if (*buffer != cxrt::no_buffer) return CXRT_OK;
    return fail(CXRT_REFUSED, errno, "xclAllocBO gave no buffer of %zu bytes", byte_count);
  });
}

cxrt_code cxrt_free(const cxrt_library *library, cxrt_device device, unsigned buffer) {
  return CALL(xclFreeBO, {
    function(device, buffer);
    return CXRT_OK;
  });
}

cxrt_code cxrt_map(const cxrt_library *library, cxrt_device device, unsigned buffer, void **bytes) {
  return CALL(xclMapBO, {
    *bytes = function(device, buffer, true);
    if (*bytes != nullptr && *bytes != reinterpret_cast<void *>(-1)) return CXRT_OK;
    return fail(CXRT_REFUSED, errno, "xclMapBO gave no memory for buffer %u", buffer);
  });
}

cxrt_code cxrt_unmap(const cxrt_library *library, cxrt_device device, unsigned buffer, void *bytes) {
  return CALL(xclUnmapBO, { return judge(function(device, buffer, bytes), "xclUnmapBO"); });
}

cxrt_code cxrt_address(const cxrt_library *library, cxrt_device device, unsigned buffer, uint64_t *address) {
  return CALL(xclGetBOProperties, {
    cxrt::BufferProperties properties = {};
    const int result = function(device, buffer, &properties);
    *address = properties.address;
    return judge(result, "xclGetBOProperties");
  });
}

cxrt_code cxrt_sync(
    const cxrt_library *library, cxrt_device device, unsigned buffer, cxrt_direction direction, size_t byte_count,
    size_t offset) {
  return CALL(xclSyncBO, { return judge(function(device, buffer, direction, byte_count, offset), "xclSyncBO"); });
}

cxrt_code cxrt_execute(const cxrt_library *library, cxrt_device device, unsigned buffer) {
  return CALL(xclExecBuf, { return judge(function(device, buffer), "xclExecBuf"); });
}

cxrt_code cxrt_wait(const cxrt_library *library, cxrt_device device, int milliseconds, bool *has_event) {
  return CALL(xclExecWait, {
    const int result = function(device, milliseconds);
    *has_event = result > 0;
    // A signal is no failure: the caller looks at the command and waits again.
    if (result < 0 && errno == EINTR) return CXRT_OK;
    return judge(result, "xclExecWait");
  });
}

uint32_t cxrt_command_header(const void *command) {
  return __atomic_load_n(static_cast<const uint32_t *>(command), __ATOMIC_ACQUIRE);
}
