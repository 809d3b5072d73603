#pragma once

#include <string_view>

/// Places in the code with a name, at which a test build (HASTUR_FAULT_POINTS) can be stopped, so that a test can kill
/// it there or change the world under it. In any other build a point is nothing at all.
///
/// HASTUR_STOP_AT=N      stop (SIGSTOP) at the Nth point that is passed, counted from 1
/// HASTUR_STOP_AT=NAME   stop the first time that the point of this name is passed
/// HASTUR_POINTS=FILE    append the name of each point that is passed to FILE, one a line
namespace hastur::fault {

#ifdef HASTUR_FAULT_POINTS
void point(std::string_view name);
#else
inline void point(std::string_view) noexcept {}
#endif

}  // namespace hastur::fault
