#include "main/config_values.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "main/config.h"

namespace obolus::main {
namespace {

TEST(EnvironmentOfThisProcess, IsReadAsItIs) {
  ASSERT_EQ(setenv("OBOLUS_TEST_VARIABLE", "a=b", 1), 0);
  EXPECT_EQ(Environment().at("OBOLUS_TEST_VARIABLE"), "a=b");
  unsetenv("OBOLUS_TEST_VARIABLE");
}

TEST(KeyOfVariable, SeparatesSectionsByTwoUnderscores) {
  EXPECT_EQ(ConfigValues::KeyOfVariable("OBOLUS_COMMERCE__TLS__CLIENT_CA"),
            "commerce.tls.client_ca");
  EXPECT_EQ(ConfigValues::KeyOfVariable("OBOLUS_DATA_DIR"), "data_dir");
  EXPECT_EQ(ConfigValues::KeyOfVariable("OTHER_DATA_DIR"), std::nullopt);
}

}  // namespace
}  // namespace obolus::main
