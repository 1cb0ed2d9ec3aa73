#include "storage/postgres_rows.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/encoding.h"

namespace obolus::storage {

PostgresRows::PostgresRows(PostgresRows&& other) noexcept
    : result_(std::exchange(other.result_, nullptr)) {}

PostgresRows::~PostgresRows() {
  PQclear(result_);
}

int PostgresRows::size() const {
  return PQntuples(result_);
}

std::int64_t PostgresRows::affected() const {
  return std::strtoll(PQcmdTuples(result_), nullptr, 10);
}

bool PostgresRows::IsNull(int row, int column) const {
  return PQgetisnull(result_, row, column) != 0;
}

std::int64_t PostgresRows::Integer(int row, int column) const {
  std::uint64_t bits = 0;
  for (const char byte : Bytes(row, column)) bits = (bits << 8) | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(bits);
}

bool PostgresRows::Boolean(int row, int column) const {
  return Bytes(row, column) == std::string_view("\x01", 1);
}

std::string_view PostgresRows::Bytes(int row, int column) const {
  return {PQgetvalue(result_, row, column),
          static_cast<std::size_t>(PQgetlength(result_, row, column))};
}

base::Uuid PostgresRows::Id(int row, int column) const {
  base::Uuid id;
  const std::string_view bytes = Bytes(row, column);
  if (bytes.size() == id.bytes.size()) std::ranges::copy(base::AsBytes(bytes), id.bytes.begin());
  return id;
}

std::optional<base::Timestamp> PostgresRows::OptionalTime(int row, int column) const {
  if (IsNull(row, column)) return std::nullopt;
  return Time(row, column);
}

}  // namespace obolus::storage
