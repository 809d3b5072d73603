#pragma once

#include <gtest/gtest.h>

#include <string>

namespace e2e {

/// What the figures that a test prints are made of: never fixed words.
struct Tally {
    unsigned tried = 0;
    unsigned failed = 0;  ///< of them, how many had at least one failure
};

/// One attempt of many. While it lives, what fails says where it was, and counts as one failed attempt.
class Attempt {
public:
    Attempt(Tally& tally, const std::string& where)
        : tally_(tally), where_(__FILE__, __LINE__, where), failures_(failures()) {
        ++tally_.tried;
    }
    ~Attempt() {
        if (failures() != failures_) ++tally_.failed;
    }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

private:
    static int failures() {
        return testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
    }

    Tally& tally_;
    testing::ScopedTrace where_;
    int failures_;
};

}  // namespace e2e
