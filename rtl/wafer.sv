// The wafer: Cols x Rows tiles, the links between them, and nothing else.
//
// Tile (x, y) has index y * Cols + x; x grows to the east, y to the south. The west links of column 0 and the east
// links of the last column are the wafer's edge links, ordinary mesh links that the host drives: in the flat vectors
// below, row y has the slice [y * W +: W]. North of row 0 and south of the last row there is nothing.
//
// Straps, constant while the wafer runs: a dead tile is held in reset, and a link is dead when it is marked so or
// when one of its tiles is dead. Nothing passes a dead link, and its tiles see it in link_present_i.
// Bit y * Cols + x of dead_link_east_i is the link from tile (x, y) to its neighbour in the east (in the last
// column: the edge link), of dead_link_south_i the one to its neighbour in the south.

module wafer #(
  parameter int unsigned Cols = 2,
  parameter int unsigned Rows = 2,
  localparam int unsigned Tiles = Cols * Rows
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic [31:0]        cycle_i,

  input  logic [Tiles-1:0]   dead_tile_i,
  input  logic [Tiles-1:0]   dead_link_east_i,
  input  logic [Tiles-1:0]   dead_link_south_i,

  // Edge links: wavelet_t into and out of the wafer, credit_t against them.
  input  logic [Rows*38-1:0] west_i,
  output logic [Rows*5-1:0]  west_credit_o,
  output logic [Rows*38-1:0] west_o,
  input  logic [Rows*5-1:0]  west_credit_i,
  input  logic [Rows*38-1:0] east_i,
  output logic [Rows*5-1:0]  east_credit_o,
  output logic [Rows*38-1:0] east_o,
  input  logic [Rows*5-1:0]  east_credit_i,

  output logic [Tiles-1:0]   idle_o
);

  // What each tile drives toward its neighbours. Nobody listens at the north and south borders.
  /* verilator lint_off UNUSEDSIGNAL */
  logic [Tiles*38-1:0] north, east, south, west;
  logic [Tiles*5-1:0]  north_credit, east_credit, south_credit, west_credit;
  /* verilator lint_on UNUSEDSIGNAL */

  // Bit i: the link of tile i to this side is there and both its ends are alive.
  logic [Tiles-1:0] north_present, east_present, south_present, west_present;

  for (genvar y = 0; y < Rows; y++) begin : rows
    for (genvar x = 0; x < Cols; x++) begin : columns
      localparam int unsigned I = y * Cols + x;

      logic [37:0] north_in, east_in, south_in, west_in;
      logic [4:0]  north_credit_in, east_credit_in, south_credit_in, west_credit_in;

      if (y == 0) begin : north_border
        assign north_present[I] = 1'b0;
        assign north_in = '0;
        assign north_credit_in = '0;
      end else begin : north_link
        assign north_present[I] = south_present[I-Cols];
        assign north_in = north_present[I] ? south[(I-Cols)*38 +: 38] : '0;
        assign north_credit_in = north_present[I] ? south_credit[(I-Cols)*5 +: 5] : '0;
      end

      if (y == Rows - 1) begin : south_border
        assign south_present[I] = 1'b0;
        assign south_in = '0;
        assign south_credit_in = '0;
      end else begin : south_link
        assign south_present[I] = ~(dead_link_south_i[I] | dead_tile_i[I] | dead_tile_i[I+Cols]);
        assign south_in = south_present[I] ? north[(I+Cols)*38 +: 38] : '0;
        assign south_credit_in = south_present[I] ? north_credit[(I+Cols)*5 +: 5] : '0;
      end

      if (x == 0) begin : west_edge
        assign west_present[I] = ~dead_tile_i[I];
        assign west_in = west_present[I] ? west_i[y*38 +: 38] : '0;
        assign west_credit_in = west_present[I] ? west_credit_i[y*5 +: 5] : '0;
        assign west_o[y*38 +: 38] = west_present[I] ? west[I*38 +: 38] : '0;
        assign west_credit_o[y*5 +: 5] = west_present[I] ? west_credit[I*5 +: 5] : '0;
      end else begin : west_link
        assign west_present[I] = east_present[I-1];
        assign west_in = west_present[I] ? east[(I-1)*38 +: 38] : '0;
        assign west_credit_in = west_present[I] ? east_credit[(I-1)*5 +: 5] : '0;
      end

      if (x == Cols - 1) begin : east_edge
        assign east_present[I] = ~(dead_link_east_i[I] | dead_tile_i[I]);
        assign east_in = east_present[I] ? east_i[y*38 +: 38] : '0;
        assign east_credit_in = east_present[I] ? east_credit_i[y*5 +: 5] : '0;
        assign east_o[y*38 +: 38] = east_present[I] ? east[I*38 +: 38] : '0;
        assign east_credit_o[y*5 +: 5] = east_present[I] ? east_credit[I*5 +: 5] : '0;
      end else begin : east_link
        assign east_present[I] = ~(dead_link_east_i[I] | dead_tile_i[I] | dead_tile_i[I+1]);
        assign east_in = east_present[I] ? west[(I+1)*38 +: 38] : '0;
        assign east_credit_in = east_present[I] ? west_credit[(I+1)*5 +: 5] : '0;
      end

      // The observation ports end here: an engine reads them inside the tile (sim/flat_wafer.vlt).
      /* verilator lint_off PINCONNECTEMPTY */
      tile u_tile (
        .clk_i, .rst_ni(rst_ni & ~dead_tile_i[I]), .cycle_i,
        .link_present_i({west_present[I], south_present[I], east_present[I], north_present[I]}),
        .north_i(north_in), .east_i(east_in), .south_i(south_in), .west_i(west_in),
        .north_credit_o(north_credit[I*5 +: 5]), .east_credit_o(east_credit[I*5 +: 5]),
        .south_credit_o(south_credit[I*5 +: 5]), .west_credit_o(west_credit[I*5 +: 5]),
        .north_o(north[I*38 +: 38]), .east_o(east[I*38 +: 38]),
        .south_o(south[I*38 +: 38]), .west_o(west[I*38 +: 38]),
        .north_credit_i(north_credit_in), .east_credit_i(east_credit_in),
        .south_credit_i(south_credit_in), .west_credit_i(west_credit_in),
        .idle_o(idle_o[I]),
        .sent_o(), .ramp_o(), .ramp_credit_o(), .error_o(), .retire_valid_o(), .retire_pc_o(),
        .retire_instruction_o(), .retire_rd_o(), .retire_rd_data_o(), .retire_store_be_o(), .retire_address_o(),
        .retire_store_data_o()
      );
      /* verilator lint_on PINCONNECTEMPTY */
    end
  end

endmodule
