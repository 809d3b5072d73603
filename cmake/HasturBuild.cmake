# How everything is compiled, and hastur_module: one static library for each folder of src, so that the linker holds
# the modules to the order in which they may use each other.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON) # TEMP_FAILURE_RETRY and strerrordesc_np are glibc's
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(hastur_options INTERFACE)
target_include_directories(hastur_options INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(hastur_options INTERFACE _GNU_SOURCE $<$<BOOL:${HASTUR_FAULT_POINTS}>:HASTUR_FAULT_POINTS>)
target_compile_options(hastur_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -Wno-missing-field-initializers # designated initializers leave out what they do not mean
  $<$<BOOL:${HASTUR_WERROR}>:-Werror>)
if(HASTUR_FUZZ)
  target_compile_options(hastur_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(HASTUR_SANITIZE)
  target_compile_options(hastur_options INTERFACE -fsanitize=${HASTUR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(hastur_options INTERFACE -fsanitize=${HASTUR_SANITIZE})
endif()
# Loading shared libraries would be the largest part of hastur's own share of a start. (Debian has no libmount.a.)
set(HASTUR_FMT fmt::fmt)
set(HASTUR_SPDLOG spdlog::spdlog)
if(HASTUR_STATIC)
  list(PREPEND CMAKE_FIND_LIBRARY_SUFFIXES .a)
  target_compile_options(hastur_options INTERFACE -ffunction-sections -fdata-sections)
  target_link_options(hastur_options INTERFACE -static-libstdc++ -static-libgcc LINKER:--gc-sections LINKER:-s)
  set(HASTUR_FMT fmt::fmt-header-only)
  set(HASTUR_SPDLOG spdlog::spdlog_header_only)
endif()

# hastur_module(NAME USES module... LIBRARIES target...)
function(hastur_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;LIBRARIES")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_library(hastur_${name} STATIC ${sources})
  list(TRANSFORM arg_USES PREPEND hastur_)
  target_link_libraries(hastur_${name} PUBLIC hastur_options ${arg_USES} PRIVATE ${arg_LIBRARIES})
endfunction()
