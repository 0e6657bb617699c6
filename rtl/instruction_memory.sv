// The instruction memory and who may use it: it has a single port, and data accesses (the address map's: control
// plane or core) come before the fetch.
//
// A data access is granted always. A fetch is granted in a cycle without one. Whoever read has its word on rdata_o
// in the next cycle.

module instruction_memory (
  input  logic        clk_i,

  input  logic        data_req_i,
  input  logic        data_we_i,
  input  logic [10:0] data_addr_i,
  input  logic [3:0]  data_be_i,
  input  logic [31:0] data_wdata_i,

  input  logic        fetch_req_i,
  input  logic [10:0] fetch_addr_i,
  output logic        fetch_gnt_o,

  output logic [31:0] rdata_o
);

  assign fetch_gnt_o = fetch_req_i & ~data_req_i;

  memory_instruction u_memory (
    .clk_i,
    .req_i(data_req_i | fetch_req_i),
    .we_i(data_req_i & data_we_i),
    .addr_i(data_req_i ? data_addr_i : fetch_addr_i),
    .be_i(data_be_i),
    .wdata_i(data_wdata_i),
    .rdata_o
  );

endmodule
