#include "domain/iin_ranges.h"

namespace obolus::domain {
namespace {

using enum CardNetwork;

constexpr IinRange kIinRanges[] = {
    {4, 4, 1, kVisa},

    {51, 55, 2, kMastercard},
    {2221, 2720, 4, kMastercard},  // since 2017

    {34, 34, 2, kAmericanExpress},
    {37, 37, 2, kAmericanExpress},

    {6011, 6011, 4, kDiscover},
    {644, 649, 3, kDiscover},
    {65, 65, 2, kDiscover},

    {300, 305, 3, kDinersClub},
    {3095, 3095, 4, kDinersClub},
    {36, 36, 2, kDinersClub},
    {38, 39, 2, kDinersClub},

    {3528, 3589, 4, kJcb},
    // Ranges of JCB that Discover's network also carries, as its bulletins list them.
    {30880000, 30949999, 8, kJcb},
    {30960000, 31029999, 8, kJcb},
    {31120000, 31209999, 8, kJcb},
    {31580000, 31599999, 8, kJcb},
    {33370000, 33499999, 8, kJcb},

    {62, 62, 2, kUnionPay},
    // Issued by UnionPay, and carried by Discover in the United States. The card shows UnionPay's
    // mark and its issuer answers to UnionPay, so that is what we call it.
    {62212600, 62292599, 8, kUnionPay},
    // Above 8171 the digits 81 belong to RuPay.
    {81000000, 81719999, 8, kUnionPay},

    {5018, 5018, 4, kMaestro},
    {5020, 5020, 4, kMaestro},
    {5038, 5038, 4, kMaestro},
    {5893, 5893, 4, kMaestro},
    {6304, 6304, 4, kMaestro},
    {6390, 6390, 4, kMaestro},
    {67, 67, 2, kMaestro},  // with 6759 and 6761 to 6763, and what was Solo in the United Kingdom

    {5019, 5019, 4, kDankort},
};

constexpr std::size_t kVisaLengths[] = {13, 16, 19};
constexpr std::size_t kSixteen[] = {16};
constexpr std::size_t kAmericanExpressLengths[] = {15};
constexpr std::size_t kDinersClubLengths[] = {14, 15, 16, 17, 18, 19};
constexpr std::size_t kSixteenToNineteen[] = {16, 17, 18, 19};
constexpr std::size_t kMaestroLengths[] = {12, 13, 14, 15, 16, 17, 18, 19};

}  // namespace

std::span<const IinRange> IinRanges() {
  return kIinRanges;
}

std::span<const std::size_t> NumberLengths(CardNetwork network) {
  switch (network) {
    case kVisa:
      return kVisaLengths;
    case kMastercard:
    case kCartesBancaires:
    case kDankort:
      return kSixteen;
    case kAmericanExpress:
      return kAmericanExpressLengths;
    case kDinersClub:
      return kDinersClubLengths;
    case kDiscover:
    case kJcb:
    case kUnionPay:
    case kBancontact:
      return kSixteenToNineteen;
    case kMaestro:
      return kMaestroLengths;
  }
  return {};
}

}  // namespace obolus::domain
