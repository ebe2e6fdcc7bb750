// A confusion matrix as a panel: shades by the share of each row, counts in the cells.
#pragma once

#include <string>

#include "common/metrics/metrics.h"
#include "coordinator/report_page/figure.h"

namespace unmask {

struct MatrixTexts {
  std::string heading;
  std::string rows;     // what a row is: "true emotion"
  std::string columns;  // what a column is: "predicted"
};

Panel MatrixPanel(const ConfusionMatrix& matrix, const MatrixTexts& texts);

// The matrix without classes that occur neither among its rows nor among its columns.
ConfusionMatrix WithoutEmptyClasses(const ConfusionMatrix& matrix);

// Shades of a heat map with the text on it: the class of text that is readable on `share`.
const char* TextOnHeat(double share);

}  // namespace unmask
