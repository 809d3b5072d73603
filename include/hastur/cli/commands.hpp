#pragma once

#include "hastur/cli/options.hpp"

/// One function for each operation. Each returns hastur's exit status.
namespace hastur::cli {

int start(const Options& options);
int query_containers(const Options& options);
int query_images(const Options& options);
int destroy(const Options& options);
int destroy_images(const Options& options);
int free(const Options& options);

}  // namespace hastur::cli
