// Names that become files, labels or keys: who comes second gets a number.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace unmask {

class UniqueNames {
 public:
  explicit UniqueNames(std::set<std::string> taken = {}) : taken_(std::move(taken)) {}

  // The name, or where it is taken NAME_2, NAME_3 ...: the first that is free.
  std::string Take(const std::string& name, std::string_view separator) {
    std::string unique = name;
    int& next = next_.try_emplace(name, 2).first->second;
    while (!taken_.insert(unique).second) {
      unique = name + std::string(separator) + std::to_string(next++);
    }
    return unique;
  }

 private:
  std::set<std::string> taken_;
  std::map<std::string, int> next_;  // number to try, by name: thousands may want one
};

}  // namespace unmask
