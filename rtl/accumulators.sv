// The accumulator file between MAC array and map unit: 16 entries of 16 x int32.
//
// Four memories, one for each quarter of an entry (four lanes), so that the map unit can read any two quarters and
// write one in a cycle beside the MAC array, which writes whole entries. Addresses of quarters are {entry,
// quarter}. Reads are combinational; writes are there in the next cycle. The MAC array's write always goes through;
// the map unit's is granted in any other cycle (map_gnt_o is not defined without map_write_i).
//
// An entry is full from the MAC array's write until clear_i; the tail of the last message that came into it is kept
// with it.

module accumulators (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         mac_write_i,
  input  logic [3:0]   mac_entry_i,
  input  logic [511:0] mac_data_i,
  input  logic         tail_write_i,     // with mac_write_i
  input  logic [7:0]   mac_tail_i,

  input  logic [5:0]   read_a_addr_i,
  output logic [127:0] read_a_data_o,
  input  logic [5:0]   read_b_addr_i,
  output logic [127:0] read_b_data_o,

  input  logic         map_write_i,
  input  logic [5:0]   map_addr_i,
  input  logic [127:0] map_data_i,
  output logic         map_gnt_o,

  input  logic [15:0]  clear_i,          // entries
  output logic [15:0]  full_o,
  input  logic [3:0]   tail_entry_i,
  output logic [7:0]   tail_o
);

  logic [127:0] quarter0_q [tessera_pkg::AccEntries];
  logic [127:0] quarter1_q [tessera_pkg::AccEntries];
  logic [127:0] quarter2_q [tessera_pkg::AccEntries];
  logic [127:0] quarter3_q [tessera_pkg::AccEntries];

  logic [3:0] entry;
  logic [3:0] write;   // by quarter

  assign map_gnt_o = ~mac_write_i;
  assign entry = mac_write_i ? mac_entry_i : map_addr_i[5:2];
  assign write = {4{mac_write_i}} | ({3'd0, map_write_i} << map_addr_i[1:0]);

  always_ff @(posedge clk_i) begin
    if (write[0]) quarter0_q[entry] <= mac_write_i ? mac_data_i[127:0] : map_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (write[1]) quarter1_q[entry] <= mac_write_i ? mac_data_i[255:128] : map_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (write[2]) quarter2_q[entry] <= mac_write_i ? mac_data_i[383:256] : map_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (write[3]) quarter3_q[entry] <= mac_write_i ? mac_data_i[511:384] : map_data_i;
  end

  always_comb begin
    unique case (read_a_addr_i[1:0])
      2'd0: read_a_data_o = quarter0_q[read_a_addr_i[5:2]];
      2'd1: read_a_data_o = quarter1_q[read_a_addr_i[5:2]];
      2'd2: read_a_data_o = quarter2_q[read_a_addr_i[5:2]];
      default: read_a_data_o = quarter3_q[read_a_addr_i[5:2]];
    endcase
  end

  always_comb begin
    unique case (read_b_addr_i[1:0])
      2'd0: read_b_data_o = quarter0_q[read_b_addr_i[5:2]];
      2'd1: read_b_data_o = quarter1_q[read_b_addr_i[5:2]];
      2'd2: read_b_data_o = quarter2_q[read_b_addr_i[5:2]];
      default: read_b_data_o = quarter3_q[read_b_addr_i[5:2]];
    endcase
  end

  logic [15:0] full_q;
  logic [7:0]  tail_q [tessera_pkg::AccEntries];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) full_q <= 16'd0;
    else if (mac_write_i || clear_i != 16'd0) full_q <= (full_q & ~clear_i) | ({15'd0, mac_write_i} << mac_entry_i);
  end

  always_ff @(posedge clk_i) begin
    if (tail_write_i) tail_q[mac_entry_i] <= mac_tail_i;
  end

  assign full_o = full_q;
  assign tail_o = tail_q[tail_entry_i];

endmodule
