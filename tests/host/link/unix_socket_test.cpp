// The file of a socket: for this user only, replaced when nobody listens any more, gone at the end.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "host/error/error.h"
#include "tests/host/link/server_fixture.h"

namespace tessera {
namespace {

using testing::HasSubstr;

class UnixSocket : public ServerTest {
 protected:
  std::string path = folder.file("wafer");
};

INSTANTIATE_TEST_SUITE_P(Sockets, UnixSocket, testing::Values(LinkAddress::Kind::kUnix));

TEST_P(UnixSocket, IsForThisUserOnlyAndGoneAtTheEnd) {
  start();
  struct stat file {};
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(UnixSocket, TakesThePlaceOfAServerThatDied) {
  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::strncpy(at.sun_path, path.c_str(), sizeof(at.sun_path) - 1);
  ASSERT_EQ(bind(dead, reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
  close(dead);
  ASSERT_TRUE(std::filesystem::exists(path));
  start();
  expect_healthy();
}

TEST_P(UnixSocket, DoesNotTakeThePlaceOfOneThatLivesOrOfAnotherFile) {
  start();
  const auto refused = [&](const std::string& at, const std::string& part) {
    ServerOptions other = options;
    other.listen.kind = LinkAddress::Kind::kUnix;
    other.listen.path = at;
    try {
      WaferServer server({}, other, [](const std::string&) {});
      ADD_FAILURE() << at;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      EXPECT_THAT(error.what(), HasSubstr(at));
      EXPECT_THAT(error.what(), HasSubstr(part));
    }
  };
  refused(path, "listens there already");
  write_bytes(folder.file("text"), "precious");
  refused(folder.file("text"), "not a socket");
  EXPECT_EQ(read_bytes(folder.file("text")), "precious");
  refused(folder.file("nowhere/wafer"), "No such file");
  expect_healthy();
}

TEST_P(UnixSocket, LeavesAFileAloneThatIsNotItsOwnAnyMore) {
  start();
  std::filesystem::remove(path);
  write_bytes(path, "precious");
  stop();
  EXPECT_EQ(read_bytes(path), "precious");
}

}  // namespace
}  // namespace tessera
