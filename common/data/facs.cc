// Codes of the Facial Action Coding System: P. Ekman, W. V. Friesen, J. C. Hager, "Facial Action
// Coding System", 2002 (the 1978 edition's 41 and 42, lid droop and slit, are kept: older
// annotations use them). The order is part of every action-unit feature: append, never insert.
#include <algorithm>

#include "common/data/dataset.h"

namespace unmask {

const std::vector<std::string>& FacsVocabulary() {
  static const std::vector<std::string> vocabulary = {
      "1",  "2",  "4",  "5",  "6",  "7",                                 // upper face
      "8",  "9",  "10", "11", "12", "13", "14", "15", "16", "17", "18",  // lower face
      "19", "20", "21", "22", "23", "24", "25", "26", "27", "28",        //
      "29", "30", "31", "32", "33", "34", "35", "36", "37", "38", "39",  // miscellaneous
      "40", "41", "42", "43", "44", "45", "46", "50",                    // sniff, lids, speech
      "51", "52", "53", "54", "55", "56", "57", "58",                    // head positions
      "61", "62", "63", "64", "65", "66", "69",                          // eye positions
      "70", "71", "72", "73", "74",                                      // not visible
      "80", "81", "82", "84", "85", "91", "92", "97", "98",              // gross behaviour
  };
  return vocabulary;
}

int FacsIndex(std::string_view code) {
  const auto& vocabulary = FacsVocabulary();
  const auto at = std::find(vocabulary.begin(), vocabulary.end(), code);
  return at == vocabulary.end() ? -1 : static_cast<int>(at - vocabulary.begin());
}

}  // namespace unmask
