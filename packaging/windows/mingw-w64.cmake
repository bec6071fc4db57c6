# CMake toolchain file: 64-bit Windows programs, made on another system with MinGW-w64. They need no DLL but the system's.
#
#   cmake -S . -B build-windows -DCMAKE_TOOLCHAIN_FILE=packaging/windows/mingw-w64.cmake
#
# Libraries are looked for in MAILSLOG_MINGW_ROOT, which packaging/windows/dependencies fills. Tests run with Wine.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

# Debian has two variants; std::thread and std::mutex are in the one for POSIX threads.
find_program(CMAKE_C_COMPILER NAMES x86_64-w64-mingw32-gcc-posix x86_64-w64-mingw32-gcc REQUIRED)
find_program(CMAKE_CXX_COMPILER NAMES x86_64-w64-mingw32-g++-posix x86_64-w64-mingw32-g++ REQUIRED)
find_program(CMAKE_RC_COMPILER NAMES x86_64-w64-mingw32-windres REQUIRED)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_SHARED_LINKER_FLAGS_INIT -static)
set(Boost_USE_STATIC_RUNTIME ON)

get_filename_component(mailslog_source "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
set(MAILSLOG_MINGW_ROOT "${mailslog_source}/.cache/mingw-w64" CACHE PATH "Libraries made for Windows")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MAILSLOG_MINGW_ROOT)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32 "${MAILSLOG_MINGW_ROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(CMAKE_CROSSCOMPILING_EMULATOR "${mailslog_source}/tests/windows/wine")
