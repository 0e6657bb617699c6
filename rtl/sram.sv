// The SRAM's arbiter: one read and one write a cycle, each to the first that asks.
//
// Reading: *_read with an address in a cycle, gnt in the same cycle, the word in rdata_o in the next. Readers, first
// served first: address map (bus), descriptor queue, map unit, MAC array. Writing: gnt in the same cycle, the word is
// in the memory in the next. Writers: address map, receiver, map unit. A refused request is repeated or withdrawn by
// its unit. The bus is 32 bits wide: its byte enables say which lane of the 128-bit word it means.

module sram (
  input  logic         clk_i,

  input  logic         bus_read_i,
  output logic         bus_read_gnt_o,
  input  logic         bus_write_i,
  output logic         bus_write_gnt_o,
  input  logic [11:0]  bus_addr_i,
  input  logic [15:0]  bus_be_i,
  input  logic [31:0]  bus_wdata_i,

  input  logic         queue_read_i,
  input  logic [11:0]  queue_addr_i,
  output logic         queue_gnt_o,

  input  logic         map_read_i,
  input  logic [11:0]  map_read_addr_i,
  output logic         map_read_gnt_o,

  input  logic         mac_read_i,
  input  logic [11:0]  mac_addr_i,
  output logic         mac_gnt_o,

  input  logic         receiver_write_i,
  input  logic [11:0]  receiver_addr_i,
  input  logic [15:0]  receiver_be_i,
  input  logic [127:0] receiver_wdata_i,
  output logic         receiver_gnt_o,

  input  logic         map_write_i,
  input  logic [11:0]  map_write_addr_i,
  input  logic [15:0]  map_write_be_i,
  input  logic [127:0] map_wdata_i,
  output logic         map_write_gnt_o,

  output logic [127:0] rdata_o,
  output logic         refused_o     // a unit asked and was not served
);

  // ---------------------------------------------------------------- reading

  logic        read;
  logic [11:0] read_addr;

  assign bus_read_gnt_o = bus_read_i;
  assign queue_gnt_o = queue_read_i & ~bus_read_i;
  assign map_read_gnt_o = map_read_i & ~(bus_read_i | queue_read_i);
  assign mac_gnt_o = mac_read_i & ~(bus_read_i | queue_read_i | map_read_i);

  assign read = bus_read_i | queue_read_i | map_read_i | mac_read_i;

  always_comb begin
    read_addr = mac_addr_i;
    if (bus_read_i) read_addr = bus_addr_i;
    else if (queue_read_i) read_addr = queue_addr_i;
    else if (map_read_i) read_addr = map_read_addr_i;
  end

  // ---------------------------------------------------------------- writing

  logic         write;
  logic [11:0]  write_addr;
  logic [15:0]  write_be;
  logic [127:0] write_data;

  assign bus_write_gnt_o = bus_write_i;
  assign receiver_gnt_o = receiver_write_i & ~bus_write_i;
  assign map_write_gnt_o = map_write_i & ~(bus_write_i | receiver_write_i);

  assign write = bus_write_i | receiver_write_i | map_write_i;

  always_comb begin
    write_addr = 12'd0;
    write_be = 16'd0;
    write_data = 128'd0;
    if (bus_write_i) begin
      write_addr = bus_addr_i;
      write_be = bus_be_i;
      write_data = {4{bus_wdata_i}};
    end else if (receiver_write_i) begin
      write_addr = receiver_addr_i;
      write_be = receiver_be_i;
      write_data = receiver_wdata_i;
    end else if (map_write_i) begin
      write_addr = map_write_addr_i;
      write_be = map_write_be_i;
      write_data = map_wdata_i;
    end
  end

  assign refused_o = (queue_read_i & ~queue_gnt_o) | (map_read_i & ~map_read_gnt_o) | (mac_read_i & ~mac_gnt_o) |
                     (receiver_write_i & ~receiver_gnt_o) | (map_write_i & ~map_write_gnt_o);

  memory_sram u_memory (
    .clk_i,
    .read_i(read), .read_addr_i(read_addr), .rdata_o,
    .write_i(write), .write_addr_i(write_addr), .write_be_i(write_be), .write_data_i(write_data)
  );

endmodule
