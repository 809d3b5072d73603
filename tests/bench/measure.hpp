#pragma once

#include <functional>
#include <string>
#include <vector>

/// Time measured so that noise hits all that are compared alike.
namespace bench {

/// Milliseconds of each run of one thing.
class Times {
public:
    void add(double milliseconds) { all_.push_back(milliseconds); }
    /// The q-th quantile, 0 to 1; 0.5 is the median.
    [[nodiscard]] double quantile(double q) const;
    [[nodiscard]] double median() const { return quantile(0.5); }
    [[nodiscard]] std::size_t count() const { return all_.size(); }

private:
    std::vector<double> all_;
};

/// One of the things that are compared.
struct Subject {
    std::string name;
    std::function<void()> run;  ///< from start to end; throws if it fails
    Times in_a_row = {};        ///< one run right behind the other, as in a script
    Times alone = {};           ///< after a pause, when the kernel has put everything away
};

/// Milliseconds that `work` takes.
double milliseconds(const std::function<void()>& work);
constexpr int runs_in_a_row = 4;
/// Runs every subject once to warm up; then, in each round and in a random order, each of them once after a pause and
/// `runs_in_a_row` times more.
void interleave(std::vector<Subject>& subjects, int rounds);

/// Runs a program to its end, its output unseen. Throws with what it said on stderr if it does not exit with 0.
void execute(const std::vector<std::string>& argv);
/// A line of shell; what it printed. Throws if it fails.
std::string shell(const std::string& line);

}  // namespace bench
