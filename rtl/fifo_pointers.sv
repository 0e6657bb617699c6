// The pointers of FIFOs of four words, one for each of the 16 colors of one port, or of four.
//
// Vectors have bit {port, color}. A word pushed in a cycle is counted in the next. `pop_i` takes the oldest word of the
// FIFOs it names at the end of the cycle, and may name only those that are not empty. Push and pop go on together, on
// the same FIFO too. There is no ready: the sender holds a credit for every word it sends. A word that comes to a full
// FIFO is dropped and reported by `overflow_o` in the next cycle (of several at once, that of the highest port), and
// changes nothing. The pointers of a FIFO are zero whenever it is empty.
//
// An update is a few operations on whole vectors, whatever the port and color: pointers are kept in slices, bit 0 of
// all and bit 1 of all.

module fifo_pointers #(
  parameter int unsigned Ports = 1,              // 1 or 4
  localparam int unsigned Width = 16 * Ports
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  // {valid, color} of what arrives at a port; zero for ports that there are not.
  input  logic [4:0]       push0_i,
  input  logic [4:0]       push1_i,
  input  logic [4:0]       push2_i,
  input  logic [4:0]       push3_i,
  input  logic [Width-1:0] pop_i,

  output logic [Width-1:0] nonempty_o,
  output logic [Width-1:0] single_o,             // one word
  output logic [Width-1:0] full_o,
  output logic [Width-1:0] read1_o,
  output logic [Width-1:0] read0_o,
  output logic [Width-1:0] write1_o,
  output logic [Width-1:0] write0_o,
  output logic [6:0]       overflow_o            // {valid, port, color}, a register
);

  logic [Width-1:0] nonempty_q, read0_q, read1_q, write0_q, write1_q;

  always_comb begin : compare
    logic [Width-1:0] differ0, differ1;
    single_o = '0;
    full_o = '0;
    differ0 = '0;
    differ1 = '0;
    if (nonempty_q != '0) begin
      differ0 = write0_q ^ read0_q;
      differ1 = write1_q ^ read1_q;
      single_o = differ0 & ~(differ1 ^ read0_q);       // the write pointer is one ahead
      full_o = nonempty_q & ~(differ0 | differ1);      // the pointers have met
    end
  end

  assign nonempty_o = nonempty_q;
  assign read1_o = read1_q;
  assign read0_o = read0_q;
  assign write1_o = write1_q;
  assign write0_o = write0_q;

  // What arrives comes from a link, and what a link feeds is flip-flops only: hence locals and no nets.
  always_ff @(posedge clk_i or negedge rst_ni) begin : update
    logic [Width-1:0] arrived, pushed, emptied;
    logic [63:0]      lost;
    if (!rst_ni) begin
      nonempty_q <= '0;
      read0_q <= '0;
      read1_q <= '0;
      write0_q <= '0;
      write1_q <= '0;
      overflow_o <= 7'd0;
    end else if (push0_i[4] || push1_i[4] || push2_i[4] || push3_i[4] || pop_i != '0 || overflow_o[6]) begin
      arrived = ({{(Width - 1){1'b0}}, push0_i[4]} << push0_i[3:0]) |
                ({{(Width - 1){1'b0}}, push1_i[4]} << {2'd1, push1_i[3:0]}) |
                ({{(Width - 1){1'b0}}, push2_i[4]} << {2'd2, push2_i[3:0]}) |
                ({{(Width - 1){1'b0}}, push3_i[4]} << {2'd3, push3_i[3:0]});
      pushed = arrived & ~full_o;
      emptied = pop_i & single_o & ~pushed;
      read1_q <= (read1_q ^ (pop_i & read0_q)) & ~emptied;
      read0_q <= (read0_q ^ pop_i) & ~emptied;
      write1_q <= (write1_q ^ (pushed & write0_q)) & ~emptied;
      write0_q <= (write0_q ^ pushed) & ~emptied;
      nonempty_q <= (nonempty_q | pushed) & ~emptied;
      if (pushed != arrived || overflow_o[6]) begin
        lost = 64'd0;
        lost[Width-1:0] = arrived & full_o;
        overflow_o <= lost[63:48] != 16'd0 ? {3'b111, push3_i[3:0]} :
                      lost[47:32] != 16'd0 ? {3'b110, push2_i[3:0]} :
                      lost[31:16] != 16'd0 ? {3'b101, push1_i[3:0]} :
                      lost[15:0] != 16'd0  ? {3'b100, push0_i[3:0]} : 7'd0;
      end
    end
  end

endmodule
