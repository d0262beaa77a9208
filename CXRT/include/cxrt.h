// The part of XRT and libdrm that the board's back end uses, found at run time.
//
// Nothing is linked: `libxrt_core.so.2` is opened where the caller says, so that one program runs on boards, on machines
// without XRT and over a fake library. Every function catches the library's C++ exceptions and answers with a code; the
// words and the errno of a failure are kept for the calling thread until its next call.
//
// Source: xrt/xrt.h and xrt/experimental/xrt-next.h of XRT 2.13; the functions are the same on the edge from 2.7 to 2.17.
#ifndef CXRT_H
#define CXRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How a call came out.
typedef enum cxrt_code {
  CXRT_OK = 0,
  /// The library could not be opened.
  CXRT_NO_LIBRARY = 1,
  /// The library lacks the function.
  CXRT_NO_FUNCTION = 2,
  /// The library threw a C++ exception.
  CXRT_EXCEPTION = 3,
  /// The library or the driver said no; the errno says why, where there is one.
  CXRT_REFUSED = 4,
  /// An argument is wrong in a way that the library would not notice.
  CXRT_BAD_ARGUMENT = 5,
} cxrt_code;

/// What the calling thread's last failed call was about, in words.
const char *cxrt_failure_message(void);
/// The errno of the calling thread's last failed call, 0 where it had none.
int cxrt_failure_errno(void);

/// An opened library; it stays open until the process ends, because XRT does not survive being closed.
typedef struct cxrt_library cxrt_library;

/// Opens a library. A path with a slash names a file, one without is searched by the loader.
///
/// The same library opened again is the same object. Functions that it lacks are no failure here: cxrt_missing_function
/// names the first, and calls that need one fail.
cxrt_code cxrt_load(const char *path, const cxrt_library **library);
/// The file that was opened.
const char *cxrt_library_path(const cxrt_library *library);
/// The first needed function that the library lacks, NULL if it is complete.
const char *cxrt_missing_function(const cxrt_library *library);
/// What a fake board's library calls itself, NULL for any other library.
const char *cxrt_fake_board_name(const cxrt_library *library);

/// Whether the functions' types were compared with XRT's own headers when this was compiled.
bool cxrt_types_are_checked(void);

typedef void *cxrt_device;

/// The number of devices.
cxrt_code cxrt_probe(const cxrt_library *library, unsigned *count);
cxrt_code cxrt_open(const cxrt_library *library, unsigned index, cxrt_device *device);
cxrt_code cxrt_close(const cxrt_library *library, cxrt_device device);

/// Tells the driver what the programmable logic holds: an xclbin in memory, whose own length has to be `byte_count`.
cxrt_code cxrt_load_image(const cxrt_library *library, cxrt_device device, const void *image, size_t byte_count);
/// The number under which the driver knows a core, by its name `kernel:instance`.
cxrt_code cxrt_core_index(const cxrt_library *library, cxrt_device device, const char *name, unsigned *index);
/// Opens a core for commands and register reads, shared with other processes.
cxrt_code cxrt_open_context(const cxrt_library *library, cxrt_device device, const uint8_t *uuid, unsigned core);
cxrt_code cxrt_close_context(const cxrt_library *library, cxrt_device device, const uint8_t *uuid, unsigned core);
/// Lets registers be read in a shared context; nothing where the library is older than 2.14 and needs no leave.
cxrt_code cxrt_allow_reads(
    const cxrt_library *library, cxrt_device device, unsigned core, uint32_t start, uint32_t byte_count);
/// Reads a register. Offset 0 is refused: reading it takes the end of a job from the driver.
cxrt_code cxrt_read_register(
    const cxrt_library *library, cxrt_device device, unsigned core, uint32_t offset, uint32_t *value);

/// Memory that the processor may cache, so that it has to be synced.
#define CXRT_MEMORY_CACHED (1u << 24)
/// Memory for a command, which the driver reads itself.
#define CXRT_MEMORY_COMMAND (1u << 31)

cxrt_code cxrt_allocate(
    const cxrt_library *library, cxrt_device device, size_t byte_count, unsigned flags, unsigned *buffer);
cxrt_code cxrt_free(const cxrt_library *library, cxrt_device device, unsigned buffer);
cxrt_code cxrt_map(const cxrt_library *library, cxrt_device device, unsigned buffer, void **bytes);
cxrt_code cxrt_unmap(const cxrt_library *library, cxrt_device device, unsigned buffer, void *bytes);
/// The physical address of a buffer's first byte.
cxrt_code cxrt_address(const cxrt_library *library, cxrt_device device, unsigned buffer, uint64_t *address);

typedef enum cxrt_direction { CXRT_TO_DEVICE = 0, CXRT_FROM_DEVICE = 1 } cxrt_direction;

cxrt_code cxrt_sync(
    const cxrt_library *library, cxrt_device device, unsigned buffer, cxrt_direction direction, size_t byte_count,
    size_t offset);

/// Hands a command to the driver.
cxrt_code cxrt_execute(const cxrt_library *library, cxrt_device device, unsigned buffer);
/// Waits until some command of this device handle has ended; `has_event` says whether the time was enough.
cxrt_code cxrt_wait(const cxrt_library *library, cxrt_device device, int milliseconds, bool *has_event);
/// The first word of a command as the driver has left it, read anew.
uint32_t cxrt_command_header(const void *command);

/// The name and version of the driver behind a DRM node, through libdrm.
typedef struct cxrt_driver_version {
  char name[64];
  int major;
  int minor;
  int patch;
} cxrt_driver_version;

cxrt_code cxrt_read_driver_version(const char *node, cxrt_driver_version *version);

#ifdef __cplusplus
}
#endif

#endif
